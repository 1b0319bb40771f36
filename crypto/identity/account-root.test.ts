import { describe, expect, it } from '@jest/globals';
import { curvePublicKey, xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import { Plaintext, RecoverySeed } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { deriveAccountIdentityPrivateKey, deriveAccountRoot, rootHash } from './account-root.js';

const seed = RecoverySeed.generate(seededRandomForTesting('root'));

describe('an account root', () => {
  const root = deriveAccountRoot(seed);

  it('comes out of the same seed again', () => {
    expect(deriveAccountRoot(RecoverySeed.of(seed.unwrap()))).toEqual(root);
  });

  it('is another for every seed that differs in one bit', () => {
    const others = Array.from(flippedBits(seed.unwrap().slice(0, 2)), ({ bytes }) =>
      deriveAccountRoot(RecoverySeed.of(Uint8Array.of(...bytes, ...seed.unwrap().subarray(2)))),
    );
    const all = [root, ...others];
    expect(new Set(all.map((each) => String(each.accountIdentityKey))).size).toBe(all.length);
    expect(new Set(all.map((each) => String(each.recoveryPublicKey))).size).toBe(all.length);
    expect(new Set(all.map((each) => String(rootHash(each)))).size).toBe(all.length);
  });

  it('has independent parts: no derived key shows up in another', () => {
    const aik = Buffer.from(deriveAccountIdentityPrivateKey(seed).unwrap());
    const x25519 = root.recoveryPublicKey.subarray(0, 32);
    expect(Buffer.from(curvePublicKey(deriveAccountIdentityPrivateKey(seed))).subarray(1)).not.toEqual(
      Buffer.from(x25519),
    );
    expect(Buffer.from(root.recoveryPublicKey).includes(aik)).toBe(false);
    expect(Buffer.from(seed.unwrap())).not.toEqual(aik);
  });

  it('signs with the private half of its account identity key', () => {
    const message = Plaintext.of(Uint8Array.of(1, 2, 3));
    const privateKey = deriveAccountIdentityPrivateKey(seed);
    expect(xEdDsaVerify(root.accountIdentityKey, message, xEdDsaSign(privateKey, message))).toBe(true);
  });

  it('is named by both of its keys', () => {
    const other = deriveAccountRoot(RecoverySeed.generate(seededRandomForTesting('other')));
    const mixed = { ...root, recoveryPublicKey: other.recoveryPublicKey };
    expect(rootHash(mixed)).not.toEqual(rootHash(root));
    expect(rootHash({ ...root, accountIdentityKey: other.accountIdentityKey })).not.toEqual(rootHash(root));
  });

  it('leaves the seed as it was', () => {
    expect(seed.unwrap()).toEqual(seededRandomForTesting('root').bytes(32));
  });
});
