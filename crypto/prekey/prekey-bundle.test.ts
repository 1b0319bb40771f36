import { describe, expect, it } from '@jest/globals';
import { corruptions, flippedBits } from '../testing/corruption.js';
import { LONG_TEST_MS, sampled } from '../testing/scale.js';
import { present, TestParty, TestServer } from '../testing/test-party.js';
import { PreKeyBundle, type UntrustedPreKeyBundle } from './prekey-bundle.js';

const server = new TestServer();
const bob = new TestParty(server);
const mallory = new TestParty(server);
const claimed = bob.publish();

const verdictOf = (changes: Partial<UntrustedPreKeyBundle>, deviceId = bob.deviceId) => {
  const verdict = PreKeyBundle.verify(deviceId, { ...claimed, ...changes });
  return verdict.outcome === 'refused' ? verdict.reason : verdict.outcome;
};

describe('a claimed bundle', () => {
  it('verifies as published, with and without a one-time prekey', () => {
    expect(PreKeyBundle.verify(bob.deviceId, claimed)).toMatchObject({
      outcome: 'verified',
      bundle: {
        deviceId: bob.deviceId,
        registrationId: bob.identity.registrationId,
        identityKey: claimed.identityKey,
        signedPreKey: claimed.signedPreKey,
        kyberPreKey: claimed.kyberPreKey,
        oneTimePreKey: claimed.oneTimePreKey,
      },
    });
    expect(verdictOf({ oneTimePreKey: undefined })).toBe('verified');
  });

  it('of another device is refused, whatever it says', () => {
    expect(verdictOf({}, mallory.deviceId)).toBe('foreignIdentity');
    expect(verdictOf({ identityKey: mallory.identity.identityKeyPair.publicKey })).toBe('foreignIdentity');
  });

  it('with a key that another identity signed is refused', () => {
    const foreign = mallory.publish();
    expect(verdictOf({ signedPreKey: foreign.signedPreKey })).toBe('signature');
    expect(verdictOf({ kyberPreKey: foreign.kyberPreKey })).toBe('signature');
    expect(verdictOf({ signedPreKey: { ...claimed.signedPreKey, signature: claimed.kyberPreKey.signature } })).toBe(
      'signature',
    );
  });

  it.each([
    ['a registration id of 0', { registrationId: 0 }],
    ['a registration id beyond 14 bits', { registrationId: 0x4000 }],
    ['a broken registration id', { registrationId: 1.5 }],
    ['an identity key that is none', { identityKey: new Uint8Array(33) }],
    ['a signed prekey with an id of 0', { signedPreKey: { ...claimed.signedPreKey, id: 0 } }],
    ['a signed prekey with an id beyond 24 bits', { signedPreKey: { ...claimed.signedPreKey, id: 0x1000000 } }],
    ['a signed prekey that is no key', { signedPreKey: { ...claimed.signedPreKey, publicKey: new Uint8Array(33) } }],
    [
      'a signed prekey with a short signature',
      { signedPreKey: { ...claimed.signedPreKey, signature: new Uint8Array(63) } },
    ],
    ['a Kyber prekey with an id of 0', { kyberPreKey: { ...claimed.kyberPreKey, id: 0 } }],
    ['a Kyber prekey that is no key', { kyberPreKey: { ...claimed.kyberPreKey, publicKey: new Uint8Array(1_569) } }],
    [
      'a Kyber prekey with a long signature',
      { kyberPreKey: { ...claimed.kyberPreKey, signature: new Uint8Array(65) } },
    ],
    ['a one-time prekey with an id of 0', { oneTimePreKey: { ...present(claimed.oneTimePreKey), id: 0 } }],
    ['a one-time prekey that is no key', { oneTimePreKey: { id: 1, publicKey: new Uint8Array([5]) } }],
  ])('with %s is refused', (_, changes) => {
    expect(verdictOf(changes)).toBe('malformed');
  });

  it(
    'with any bit of what is signed changed, or cut, is refused',
    () => {
      const { signedPreKey, kyberPreKey, identityKey } = claimed;
      const check = (bytes: Uint8Array, put: (changed: Uint8Array) => Partial<UntrustedPreKeyBundle>) => {
        const changes = [...corruptions(bytes)];
        for (const index of sampled(changes.length, 60)) {
          const { name, bytes: changed } = present(changes[index]);
          expect([name, verdictOf(put(changed))]).not.toEqual([name, 'verified']);
        }
      };
      check(identityKey, (changed) => ({ identityKey: changed }));
      check(signedPreKey.publicKey, (publicKey) => ({ signedPreKey: { ...signedPreKey, publicKey } }));
      check(signedPreKey.signature, (signature) => ({ signedPreKey: { ...signedPreKey, signature } }));
      check(kyberPreKey.publicKey, (publicKey) => ({ kyberPreKey: { ...kyberPreKey, publicKey } }));
      check(kyberPreKey.signature, (signature) => ({ kyberPreKey: { ...kyberPreKey, signature } }));
    },
    LONG_TEST_MS,
  );

  it('with another one-time prekey makes a first message that its device refuses, and nothing changes there', async () => {
    const party = new TestParty(server);
    const alice = new TestParty(server);
    const bundle = party.publish();
    const publicKey = present(
      [...flippedBits(present(bundle.oneTimePreKey).publicKey)].find(({ name }) => name === 'bit 0 of byte 5'),
    );
    const verdict = PreKeyBundle.verify(party.deviceId, {
      ...bundle,
      oneTimePreKey: { id: 1, publicKey: publicKey.bytes },
    });
    if (verdict.outcome === 'refused') throw new Error(verdict.reason);
    const envelope = await alice.sealWith(verdict.bundle, alice.messageFor(party, 'x'));
    const before = party.state.hash();
    expect(await party.open(envelope)).toMatchObject({ outcome: 'undecryptable', reason: 'invalid' });
    expect(party.state.hash()).toBe(before);
  });
});
