import { describe, expect, it } from '@jest/globals';
import { deriveAccessKey } from '../backend/profile.js';
import { AccessKey, ProfileKey } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { accessKeyVerifier, verifyAccessKey } from './access-key.js';

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

  it('opens its verifier, and no key that differs in one bit does', () => {
    const verifier = accessKeyVerifier(accessKey);
    expect(verifyAccessKey(verifier, accessKey)).toBe(true);
    for (const { bytes } of flippedBits(accessKey.unwrap()))
      expect(verifyAccessKey(verifier, AccessKey.of(bytes))).toBe(false);
  });

  it('is not in its verifier', () => {
    expect(Buffer.from(accessKeyVerifier(accessKey)).includes(Buffer.from(accessKey.unwrap()))).toBe(false);
  });
});
