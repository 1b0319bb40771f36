import { argon2id, hash } from 'argon2';
import type { Bytes } from '../keys.js';

/** What one Argon2id run costs. */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** Argon2id, version 0x13 (RFC 9106). 32 bytes, off the main thread. */
export const argon2id32 = async (password: Bytes, salt: Bytes, cost: Argon2Cost): Promise<Bytes> => {
  const output = await hash(Buffer.from(password.buffer, password.byteOffset, password.length), {
    raw: true,
    type: argon2id,
    version: 0x13,
    hashLength: 32,
    salt: Buffer.from(salt.buffer, salt.byteOffset, salt.length),
    memoryCost: cost.memoryKiB,
    timeCost: cost.iterations,
    parallelism: cost.parallelism,
  });
  const copy = new Uint8Array(output);
  output.fill(0);
  return copy;
};
