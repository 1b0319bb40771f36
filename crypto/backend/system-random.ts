import { randomFillSync } from 'node:crypto';
import type { RandomSource } from '../environment.js';

/** The operating system's randomness. */
export const systemRandom: RandomSource = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
};
