import { sha256 } from '../backend/noble.js';
import { concatenate, u64Bytes } from '../bytes.js';
import type { RandomSource } from '../environment.js';

/** Randomness that is the same for the same seed: blocks of SHA-256(seed ‖ counter). Never for real keys. */
export const seededRandomForTesting = (seed: string): RandomSource => {
  const seedBytes = new TextEncoder().encode(seed);
  let counter = 0;
  return {
    bytes: (length) => {
      const blocks: Uint8Array[] = [];
      for (let made = 0; made < length; made += 32) {
        blocks.push(sha256(seedBytes, u64Bytes(counter)));
        counter += 1;
      }
      return concatenate(...blocks).slice(0, length);
    },
  };
};
