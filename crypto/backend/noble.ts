import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '../keys.js';

/** SHA-256 (FIPS 180-4) of the parts one after the other. 32 bytes. */
export const sha256 = (...parts: readonly Uint8Array[]): Bytes => {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
