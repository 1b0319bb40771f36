import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Bytes } from '../keys.js';

/** SHA-256 (FIPS 180-4) of the parts one after the other. 32 bytes. */
export const sha256 = (...parts: readonly Uint8Array[]): Bytes => {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** HMAC-SHA-256 (RFC 2104). 32 bytes. */
export const hmacSha256 = (key: Bytes, message: Bytes): Bytes => new Uint8Array(hmac(nobleSha256, key, message));

/** HKDF-SHA-256 (RFC 5869). An absent salt is 32 zeros; at most 8,160 bytes come out. */
export const hkdfSha256 = (
  keyMaterial: Bytes,
  { salt, info, length }: { readonly salt?: Bytes; readonly info: Bytes; readonly length: number },
): Bytes => new Uint8Array(hkdf(nobleSha256, keyMaterial, salt, info, length));

/** The ML-KEM-768 encapsulation key (FIPS 203, 1,184 bytes) of a 64-byte seed (d ‖ z). */
export const mlKem768PublicKey = (seed: Bytes): Bytes => {
  const { publicKey, secretKey } = ml_kem768.keygen(seed);
  secretKey.fill(0);
  return new Uint8Array(publicKey);
};

/**
 * Encapsulates to an ML-KEM-768 key (FIPS 203 §7.2) with 32 bytes of randomness: ciphertext 1,088, shared secret 32 bytes.
 * `undefined` where the key fails the modulus check, as no honest end's does.
 */
export const mlKem768Encapsulate = (
  publicKey: Bytes,
  randomness: Bytes,
): { readonly ciphertext: Bytes; readonly sharedSecret: Bytes } | undefined => {
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, randomness);
    return { ciphertext: new Uint8Array(cipherText), sharedSecret: new Uint8Array(sharedSecret) };
  } catch {
    // The one thing that throws when lengths are right is the modulus check.
    return undefined;
  }
};

/**
 * The shared secret (32 bytes) of a ciphertext of 1,088 bytes for the key of a 64-byte seed. A ciphertext that nobody made for
 * this key gives a secret that nobody else has (implicit rejection).
 */
export const mlKem768Decapsulate = (seed: Bytes, ciphertext: Bytes): Bytes => {
  const { secretKey } = ml_kem768.keygen(seed);
  const sharedSecret = new Uint8Array(ml_kem768.decapsulate(ciphertext, secretKey));
  secretKey.fill(0);
  return sharedSecret;
};
