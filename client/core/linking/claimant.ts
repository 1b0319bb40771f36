import { createHash } from 'node:crypto';
import type { Bytes } from '@sotto/protocol/wire';

/** All that the server keeps of a claimant: SHA-256 of 32 random bytes (SPEC, Linking). */
export const claimantHashOf = (claimant: Bytes): Bytes =>
  new Uint8Array(createHash('sha256').update(claimant).digest());
