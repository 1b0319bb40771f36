import { describe, expect, it } from '@jest/globals';
import { ed25519Sign } from '../backend/libsodium.js';
import { CanonicalWriter, concatenate } from '../bytes.js';
import { rootHash } from '../identity/account-root.js';
import { verifyNextList } from '../identity/list-rules.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import { Ed25519Signature, HistoryKey, RecoverySeed, type Bytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { corruptions } from '../testing/corruption.js';
import { sampled } from '../testing/scale.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { offer, RULES, testAccount, testDevice, type TestDevice } from '../testing/test-account.js';
import { deriveRecoveryBlobAccess, recoveryFetchVerifier, verifyRecoveryFetch } from './blob-access.js';
import { openRecoveryBlob, sealRecoveryBlob, type RecoveredKeys } from './recovery-blob.js';
import {
  encodeRecoveryBlobFrame,
  parseRecoveryBlob,
  recoveryBlobHash,
  verifyRecoveryBlob,
  type RecoveryBlobFrame,
  type UntrustedRecoveryBlob,
} from './recovery-blob-form.js';
import { sealRecoveryBox } from './recovery-box.js';

const random = seededRandomForTesting('recovery blob');
const alice = testAccount('alice');
const mallory = testAccount('mallory');
const { account, head } = alice;
const phone = testDevice(account.accountId, 'phone');

const next = verifyNextList(head, offer(alice.next(head, { entries: [alice.first.entry, phone.entry] }), phone), RULES);
if (next.outcome === 'refused') throw new Error(`The second list should be valid, not: ${next.reason}.`);
const pair: VerifiedHead = next.head;

const keys: RecoveredKeys = {
  storageKey: account.storageKey,
  profileKey: account.profileKey,
  historyKey: HistoryKey.generate(random),
};
const sealing = (at: VerifiedHead, signer: TestDevice = alice.first) => ({
  accountId: account.accountId,
  root: account.root,
  place: at.place,
  storageRecordVersion: 7,
  signer: { deviceId: signer.keys.deviceId, signingKey: signer.keys.signingKey },
  random,
});
const blob = sealRecoveryBlob(keys, sealing(head));

const reasonOf = (at: VerifiedHead, untrusted: UntrustedRecoveryBlob): string => {
  const verdict = verifyRecoveryBlob(at, untrusted);
  return verdict.outcome === 'valid' ? 'valid' : verdict.reason;
};
const openedTo = (untrusted: UntrustedRecoveryBlob, seed = account.recoverySeed): string => {
  const verdict = openRecoveryBlob(seed, head, untrusted);
  return verdict.outcome === 'opened' ? 'opened' : verdict.reason;
};
const signed = (bytes: Uint8Array): UntrustedRecoveryBlob => ({
  bytes,
  signature: Ed25519Signature.of(ed25519Sign(account.device.signingKey.unwrap(), new Uint8Array(bytes))),
});

describe('a recovery blob', () => {
  it.each([
    ['all keys', keys],
    ['no history key', { ...keys, historyKey: undefined }],
  ])('gives %s back to the holder of the seed', (_, some) => {
    const sealed = sealRecoveryBlob(some, sealing(head));
    const verdict = openRecoveryBlob(account.recoverySeed, head, sealed);
    if (verdict.outcome === 'refused') throw new Error(`The blob should open, not: ${verdict.reason}.`);
    expect(verdict.keys.storageKey.unwrap()).toEqual(some.storageKey.unwrap());
    expect(verdict.keys.profileKey.unwrap()).toEqual(some.profileKey.unwrap());
    expect(verdict.keys.historyKey?.unwrap()).toEqual(some.historyKey?.unwrap());
    expect(verdict.frame).toEqual({
      accountId: account.accountId,
      root: rootHash(account.root),
      place: head.place,
      storageRecordVersion: 7,
      signer: account.device.deviceId,
    });
  });

  it('is as long whatever it holds, and never the same twice', () => {
    const other = sealRecoveryBlob({ ...keys, historyKey: undefined }, sealing(head));
    expect(other.bytes).toHaveLength(blob.bytes.length);
    const again = sealRecoveryBlob(keys, sealing(head));
    expect(Buffer.compare(again.bytes, blob.bytes)).not.toBe(0);
    expect(recoveryBlobHash(again.bytes)).not.toEqual(recoveryBlobHash(blob.bytes));
  });

  it('says its frame to anybody', () => {
    expect(parseRecoveryBlob(blob.bytes)).toMatchObject({ accountId: account.accountId, storageRecordVersion: 7 });
  });

  it('may be sealed by any active device', () => {
    expect(reasonOf(pair, sealRecoveryBlob(keys, sealing(pair, phone)))).toBe('valid');
  });

  it.each([
    ['foreignAccount', mallory.head, blob],
    ['otherPlace', pair, blob],
    ['signerNotListed', head, sealRecoveryBlob(keys, sealing(head, phone))],
    ['badSignature', head, { ...blob, signature: sealRecoveryBlob(keys, sealing(head)).signature }],
    ['malformed', head, { ...blob, signature: blob.signature.subarray(1) }],
    ['malformed', head, { ...blob, bytes: new Uint8Array(0) }],
    ['foreignRoot', head, sealRecoveryBlob(keys, { ...sealing(head), root: mallory.account.root })],
    ['otherPlace', head, sealRecoveryBlob(keys, { ...sealing(head), place: { ...head.place, number: 1 } })],
    ['otherPlace', head, sealRecoveryBlob(keys, { ...sealing(head), place: { ...head.place, epoch: 1 } })],
    ['newerVersion', head, { ...blob, bytes: blob.bytes.with('sotto/recovery-blob/'.length, 0x32) }],
  ])('is refused by server and client: %s', (reason, at, untrusted) => {
    expect(reasonOf(at, untrusted)).toBe(reason);
    expect(openRecoveryBlob(account.recoverySeed, at, untrusted)).toEqual({ outcome: 'refused', reason });
  });

  it('is refused with bits flipped and at any other length', () => {
    const changes = Array.from(corruptions(blob.bytes));
    for (const index of sampled(changes.length, 600)) {
      const { bytes } = changes[index]!;
      expect(reasonOf(head, { ...blob, bytes })).not.toBe('valid');
    }
    for (const { bytes } of corruptions(blob.signature))
      expect(reasonOf(head, { ...blob, signature: bytes })).not.toBe('valid');
  });

  it('stays closed to another seed', () => {
    expect(openedTo(blob, RecoverySeed.generate(random))).toBe('wrongSeed');
  });

  it('stays closed when a device signs it anew with another frame, or changes what is sealed', () => {
    const frame: RecoveryBlobFrame = parseRecoveryBlob(blob.bytes)!;
    const start = encodeRecoveryBlobFrame(frame).length;
    const renamed = concatenate(
      encodeRecoveryBlobFrame({ ...frame, storageRecordVersion: 8 }),
      blob.bytes.subarray(start),
    );
    expect(openedTo(signed(renamed))).toBe('wrongSeed');
    expect(openedTo(signed(blob.bytes))).toBe('opened');
    for (const at of sampled(blob.bytes.length - start, 60)) {
      const changed = new Uint8Array(blob.bytes);
      changed[start + at] = (changed[start + at] ?? 0) ^ 1;
      expect(openedTo(signed(changed))).toBe('wrongSeed');
    }
  });

  it('stays closed when its X25519 key is of small order: the secret would be known to everybody', () => {
    const start = encodeRecoveryBlobFrame(parseRecoveryBlob(blob.bytes)!).length;
    expect(openedTo(signed(new Uint8Array(blob.bytes).fill(0, start, start + 32)))).toBe('wrongSeed');
  });

  describe('with a payload', () => {
    const prefix = encodeRecoveryBlobFrame(parseRecoveryBlob(blob.bytes)!);
    const key = new Uint8Array(32).fill(4);
    const holding = (write: (writer: CanonicalWriter) => CanonicalWriter, padding = 0): string => {
      const written: Bytes = write(new CanonicalWriter(LABELS.recoveryPayload)).finish();
      const plaintext = concatenate(written, new Uint8Array(512 - written.length).fill(padding));
      const { recoveryPublicKey } = account.root;
      return openedTo(
        signed(sealRecoveryBox(recoveryPublicKey, LABELS.recoveryBlobKey, { prefix, plaintext, random })),
      );
    };
    const two = (writer: CanonicalWriter) => writer.u8(1).fixed(key).u8(2).fixed(key);

    it('of two keys is opened, also with keys that only a later version knows', () => {
      expect(holding((writer) => two(writer.u8(2)))).toBe('opened');
      expect(holding((writer) => two(writer.u8(3)).u8(200).fixed(key))).toBe('opened');
    });

    it.each([
      ['without the profile key', (writer: CanonicalWriter) => writer.u8(1).u8(1).fixed(key), 0],
      ['without the storage key', (writer: CanonicalWriter) => writer.u8(1).u8(2).fixed(key), 0],
      ['with a key twice', (writer: CanonicalWriter) => two(writer.u8(3)).u8(2).fixed(key), 0],
      ['out of order', (writer: CanonicalWriter) => writer.u8(2).u8(2).fixed(key).u8(1).fixed(key), 0],
      ['with more keys than there is room', (writer: CanonicalWriter) => two(writer.u8(99)), 0],
      ['with something behind the keys', (writer: CanonicalWriter) => two(writer.u8(2)), 1],
    ])('%s is refused', (_, write, padding) => {
      expect(holding(write, padding)).toBe('wrongSeed');
    });
  });
});

describe('the way to a recovery blob', () => {
  const access = deriveRecoveryBlobAccess(account.recoverySeed);

  it('is the same for the same seed, and another for another', () => {
    const again = deriveRecoveryBlobAccess(account.recoverySeed);
    expect(again.blobId).toEqual(access.blobId);
    expect(again.fetchSecret.unwrap()).toEqual(access.fetchSecret.unwrap());
    const other = deriveRecoveryBlobAccess(mallory.account.recoverySeed);
    expect(other.blobId).not.toEqual(access.blobId);
    expect(other.fetchSecret.unwrap()).not.toEqual(access.fetchSecret.unwrap());
  });

  it('is open to whoever shows the secret, and to no one else', () => {
    const kept = recoveryFetchVerifier(access.fetchSecret);
    expect(kept).not.toEqual(access.fetchSecret.unwrap());
    expect(verifyRecoveryFetch(kept, access.fetchSecret)).toBe(true);
    expect(verifyRecoveryFetch(kept, deriveRecoveryBlobAccess(mallory.account.recoverySeed).fetchSecret)).toBe(false);
  });
});
