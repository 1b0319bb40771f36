import { describe, expect, it } from '@jest/globals';
import { deriveAccessKey } from '../backend/profile.js';
import { AccessKey, ProfileKey } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { accessKeyVerifier } from './access-key.js';

const profileKey = ProfileKey.generate(seededRandomForTesting('access'));
const accessKey = deriveAccessKey(profileKey);

describe('an access key', () => {
  it('comes out of the profile key, the same each time', () => {
    expect(deriveAccessKey(profileKey).unwrap()).toEqual(accessKey.unwrap());
    expect(deriveAccessKey(ProfileKey.of(new Uint8Array(32))).unwrap()).not.toEqual(accessKey.unwrap());
  });

  it('is what libsignal derives: 16 zero bytes encrypted with AES-256-GCM under the profile key, nonce zero', () => {
    const zeros = deriveAccessKey(ProfileKey.of(new Uint8Array(32)));
    expect(Buffer.from(zeros.unwrap()).toString('hex')).toBe('cea7403d4d606b6e074ec5d3baf39d18');
  });

  it('has one verifier, and no key that differs in one bit has the same', () => {
    const verifier = accessKeyVerifier(accessKey);
    expect(accessKeyVerifier(AccessKey.of(new Uint8Array(accessKey.unwrap())))).toEqual(verifier);
    for (const { bytes } of flippedBits(accessKey.unwrap()))
      expect(accessKeyVerifier(AccessKey.of(bytes))).not.toEqual(verifier);
  });

  it('is not in its verifier', () => {
    expect(Buffer.from(accessKeyVerifier(accessKey)).includes(Buffer.from(accessKey.unwrap()))).toBe(false);
  });
});
