import { describe, expect, it } from '@jest/globals';
import { ServerKeysBytes } from '../keys.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { createServerKeys, type ServerKeyRing } from './key-ring.js';
import { pinServer, restorePin, trustRootFingerprint, type PinVerdict, type ServerPin } from './pin.js';
import { signServerKeys, type ServerKeys } from './server-keys.js';

const ring = createServerKeys(seededRandomForTesting('server'));
const impostor = createServerKeys(seededRandomForTesting('impostor'));

const offer = ({ trustRoot, signed }: Pick<ServerKeyRing, 'trustRoot' | 'signed'>) => ({ trustRoot, keys: signed });
const pinned = (verdict: PinVerdict): ServerPin => {
  if (verdict.outcome !== 'pinned') throw new Error(`This server should be pinned, not: ${verdict.outcome}.`);
  return verdict.pin;
};
const changed = (change: Partial<ServerKeys>) => ({
  trustRoot: ring.trustRoot,
  signed: signServerKeys({ ...ring.keys, ...change }, ring.trustRootPrivateKey!),
});

const pin = pinned(pinServer(undefined, offer(ring)));
const third = changed({ version: 3 });

describe('pinServer', () => {
  it('pins root and keys at first contact', () => {
    expect(pin).toEqual({ trustRoot: ring.trustRoot, signed: ring.signed, keys: ring.keys });
  });

  it('keeps the pin when the same keys are shown again, also under another signature', () => {
    expect(pinned(pinServer(pin, offer(ring)))).toBe(pin);
    expect(pinned(pinServer(pin, offer(changed({}))))).toBe(pin);
  });

  it('follows a higher version of the same root', () => {
    const raised = pinned(pinServer(pin, offer(third)));
    expect(raised.keys.version).toBe(3);
    expect(raised.signed).toEqual(third.signed);
  });

  it('refuses a lower version: keys that were replaced, perhaps because they were stolen', () => {
    const raised = pinned(pinServer(pin, offer(third)));
    expect(pinServer(raised, offer(ring))).toEqual({ outcome: 'refused', reason: 'rolledBack' });
    expect(pinServer(raised, offer(changed({ version: 2 })))).toEqual({ outcome: 'refused', reason: 'rolledBack' });
  });

  it('refuses two documents of one version', () => {
    const twin = changed({ receiptKey: impostor.keys.receiptKey });
    expect(pinServer(pin, offer(twin))).toEqual({ outcome: 'refused', reason: 'twoOfOneVersion' });
  });

  it('never exchanges the root by itself, and shows the fingerprint of the other one', () => {
    const verdict = pinServer(pin, offer(impostor));
    expect(verdict).toEqual({ outcome: 'rootChanged', fingerprint: trustRootFingerprint(impostor.trustRoot) });
  });

  it("refuses another root's keys under the pinned root", () => {
    const mixed = { trustRoot: ring.trustRoot, keys: impostor.signed };
    expect(pinServer(pin, mixed)).toEqual({ outcome: 'refused', reason: 'badSignature' });
    expect(pinServer(undefined, mixed)).toEqual({ outcome: 'refused', reason: 'badSignature' });
  });

  it('takes no root with a flipped bit or a cut, with a pin or without', () => {
    const isPinned = (from: ServerPin | undefined) => (trustRoot: Uint8Array) =>
      pinServer(from, { trustRoot, keys: ring.signed }).outcome === 'pinned';
    expect(acceptedCorruptions(ring.trustRoot, isPinned(pin))).toEqual([]);
    expect(acceptedCorruptions(ring.trustRoot, isPinned(undefined))).toEqual([]);
    expect(pinServer(pin, { trustRoot: new Uint8Array(33), keys: ring.signed })).toEqual({
      outcome: 'refused',
      reason: 'malformed',
    });
  });
});

describe('restorePin', () => {
  it('gives back what was pinned', () => {
    expect(restorePin({ trustRoot: pin.trustRoot, signed: pin.signed })).toEqual(pin);
  });

  it('throws when the storage is damaged', () => {
    const signed = { ...pin.signed, bytes: ServerKeysBytes.of(pin.signed.bytes.with(0, 0)) };
    expect(() => restorePin({ trustRoot: pin.trustRoot, signed })).toThrow('damaged');
  });
});

describe('trustRootFingerprint', () => {
  it('is 64 hex digits in groups of four', () => {
    expect(trustRootFingerprint(ring.trustRoot)).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/);
    expect(trustRootFingerprint(impostor.trustRoot)).not.toBe(trustRootFingerprint(ring.trustRoot));
  });
});
