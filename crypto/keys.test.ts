import { describe, expect, it } from '@jest/globals';
import { constantTimeEqual } from './constant-time.js';
import { xEdDsaSign, xEdDsaVerify } from './backend/signing.js';
import { identityKeyPairOf } from './identity/device-keys.js';
import {
  AccessKey,
  AccountIdentityKey,
  type CertificateHash,
  Ed25519Signature,
  IdentityPrivateKey,
  IdentityPublicKey,
  LinkKey,
  ListHash,
  parsePreKeyId,
  parseRegistrationId,
  Plaintext,
  ProfileKey,
  StorageKey,
  type AccountIdentityPrivateKey,
  type Ciphertext,
} from './keys.js';
import { seededRandomForTesting } from './testing/seeded-random.js';

const random = seededRandomForTesting('keys');
const pair = identityKeyPairOf(IdentityPrivateKey.generate(random));

describe('roles of bytes', () => {
  it('take the right length and form, and copy', () => {
    const source = random.bytes(32);
    const hash = ListHash.parse(source);
    source.fill(0);
    expect(hash).toBeDefined();
    expect(hash?.every((byte) => byte === 0)).toBe(false);
    expect(Ed25519Signature.parse(new Uint8Array(64))).toHaveLength(64);
    expect(Plaintext.parse(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
  });

  it.each([0, 31, 33])('refuse a hash of %i bytes', (length) => {
    expect(ListHash.parse(new Uint8Array(length))).toBeUndefined();
    expect(() => ListHash.of(new Uint8Array(length))).toThrow(RangeError);
  });

  it('refuse opaque bytes that are empty or beyond a mebibyte', () => {
    expect(Plaintext.parse(new Uint8Array(0))).toBeUndefined();
    expect(Plaintext.parse(new Uint8Array(1024 * 1024))).toBeDefined();
    expect(Plaintext.parse(new Uint8Array(1024 * 1024 + 1))).toBeUndefined();
  });

  it('refuse a public key that no honest end could have made', () => {
    expect(IdentityPublicKey.parse(pair.publicKey)).toEqual(pair.publicKey);
    expect(IdentityPublicKey.parse(Uint8Array.of(5, ...new Uint8Array(32)))).toBeUndefined();
    expect(AccountIdentityKey.parse(pair.publicKey.subarray(1))).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are made by length and generated from the randomness that is handed in', () => {
    expect(ProfileKey.parse(new Uint8Array(31))).toBeUndefined();
    expect(ProfileKey.parse(new Uint8Array(32))?.role).toBe('profile key');
    expect(() => AccessKey.of(new Uint8Array(32))).toThrow('These 32 bytes cannot be: access key.');
    const generated = StorageKey.generate(seededRandomForTesting('one'));
    expect(generated.unwrap()).toEqual(seededRandomForTesting('one').bytes(32));
  });
});

describe('numbers', () => {
  it.each([1, 16_383])('%i is a registration id', (value) => expect(parseRegistrationId(value)).toBe(value));
  it.each([0, -1, 16_384, 1.5, Number.NaN])('%d is no registration id', (value) =>
    expect(parseRegistrationId(value)).toBeUndefined(),
  );
  it.each([1, 0xffffff])('%i is a prekey id', (value) => expect(parsePreKeyId(value)).toBe(value));
  it.each([0, 0x1000000, 0.5])('%d is no prekey id', (value) => expect(parsePreKeyId(value)).toBeUndefined());
});

/** Never called: the compiler is the test. Each line marked as an error makes the type check fail once it is none. */
export const keysCannotStandForEachOther = (
  aikPrivate: AccountIdentityPrivateKey,
  listHash: ListHash,
  certificateHash: CertificateHash,
  ciphertext: Ciphertext,
): void => {
  const message = Plaintext.of(Uint8Array.of(1));
  const signature = xEdDsaSign(pair.privateKey, message);
  xEdDsaVerify(pair.publicKey, message, signature);

  // @ts-expect-error a public key cannot stand where a secret belongs
  xEdDsaSign(pair.publicKey, message);
  // @ts-expect-error a secret cannot stand where a public key belongs
  xEdDsaVerify(pair.privateKey, message, signature);
  // @ts-expect-error a link key signs lists only, not by XEdDSA
  xEdDsaSign(LinkKey.generate(random), message);
  // @ts-expect-error bytes off the wire are no signature before they have been parsed
  xEdDsaVerify(pair.publicKey, message, new Uint8Array(64));
  // @ts-expect-error the account's key is not the device's
  identityKeyPairOf(aikPrivate);
  // @ts-expect-error a hash of one kind is not compared with a hash of another
  constantTimeEqual(listHash, certificateHash);
  // @ts-expect-error what was encrypted is not what was said
  ((_: Plaintext) => undefined)(ciphertext);
  // @ts-expect-error one secret is not another
  ((_: ProfileKey) => undefined)(StorageKey.generate(random));
  // @ts-expect-error a secret has no bytes to read without unwrapping it
  new Uint8Array(StorageKey.generate(random));
};
