import type { UnixMs } from '@sotto/protocol/ids';

/** What time it is. Handed in, so that every expiry can be tested and an end can reckon with the server's clock. */
export interface Clock {
  now(): UnixMs;
}

/** Where keys, salts and nonces come from. Handed in, so that vectors can be made again byte for byte. */
export interface RandomSource {
  /** `length` bytes that nobody can predict. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
}
