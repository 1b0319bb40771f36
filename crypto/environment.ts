import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './keys.js';

/** What time it is. Handed in, so that every expiry can be tested and an end can reckon with the server's clock. */
export interface Clock {
  now(): UnixMs;
}

/** Where keys, salts and nonces come from. Handed in, so that vectors can be made again byte for byte. */
export interface RandomSource {
  /** `length` bytes that nobody can predict. */
  bytes(length: number): Bytes;
}
