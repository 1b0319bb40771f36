import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  hkdfSha256,
  hmacSha256,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768PublicKey,
  sha256,
} from './noble.js';

/** What Wycheproof does not cover, against the implementation of Node. */
const samples = Array.from({ length: 40 }, (_, index) => new Uint8Array(randomBytes(index * 7)));

describe('sha256', () => {
  it('is SHA-256 of the parts one after the other', () => {
    for (const sample of samples) {
      const whole = new Uint8Array(createHash('sha256').update(sample).digest());
      const middle = Math.floor(sample.length / 2);
      expect(sha256(sample)).toEqual(whole);
      expect(sha256(sample.subarray(0, middle), sample.subarray(middle))).toEqual(whole);
    }
    expect(sha256()).toEqual(new Uint8Array(createHash('sha256').digest()));
  });
});

describe('hmacSha256 and hkdfSha256', () => {
  it('agree with Node', () => {
    const [key, info] = [samples[5]!, samples[3]!];
    for (const sample of samples) {
      expect(hmacSha256(key, sample)).toEqual(new Uint8Array(createHmac('sha256', key).update(sample).digest()));
      expect(hkdfSha256(key, { salt: sample, info, length: 77 })).toEqual(
        new Uint8Array(hkdfSync('sha256', key, sample, info, 77)),
      );
    }
  });

  it('take an absent salt for 32 zeros', () => {
    const [key, info] = [samples[5]!, samples[3]!];
    expect(hkdfSha256(key, { info, length: 32 })).toEqual(
      hkdfSha256(key, { salt: new Uint8Array(32), info, length: 32 }),
    );
  });
});

describe('mlKem768PublicKey', () => {
  it('is 1,184 bytes, the same for the same seed, and leaves the seed as it was', () => {
    const seed = new Uint8Array(64).fill(3);
    expect(mlKem768PublicKey(seed)).toHaveLength(1_184);
    expect(mlKem768PublicKey(seed)).toEqual(mlKem768PublicKey(new Uint8Array(64).fill(3)));
    expect(seed).toEqual(new Uint8Array(64).fill(3));
  });
});

describe('ML-KEM-768', () => {
  const seed = new Uint8Array(64).fill(3);
  const randomness = new Uint8Array(32).fill(4);

  it('gives both ends one secret, the same for the same randomness', () => {
    const encapsulated = mlKem768Encapsulate(mlKem768PublicKey(seed), randomness)!;
    expect(encapsulated.ciphertext).toHaveLength(1_088);
    expect(mlKem768Decapsulate(seed, encapsulated.ciphertext)).toEqual(encapsulated.sharedSecret);
    expect(mlKem768Encapsulate(mlKem768PublicKey(seed), new Uint8Array(32).fill(4))).toEqual(encapsulated);
    expect(seed).toEqual(new Uint8Array(64).fill(3));
  });

  it('gives a ciphertext that nobody made for this key a secret of its own', () => {
    const { ciphertext, sharedSecret } = mlKem768Encapsulate(mlKem768PublicKey(seed), randomness)!;
    expect(mlKem768Decapsulate(new Uint8Array(64).fill(5), ciphertext)).not.toEqual(sharedSecret);
  });

  it('refuses a key that fails the modulus check', () => {
    expect(mlKem768Encapsulate(new Uint8Array(1_184).fill(0xff), randomness)).toBeUndefined();
  });
});
