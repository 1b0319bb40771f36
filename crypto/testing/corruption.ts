import type { Bytes } from '../keys.js';

/** Every way to change one bit of `bytes`. */
export function* flippedBits(bytes: Uint8Array): Generator<{ readonly name: string; readonly bytes: Bytes }> {
  for (let index = 0; index < bytes.length; index += 1)
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = new Uint8Array(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
      yield { name: `bit ${bit} of byte ${index}`, bytes: changed };
    }
}

/** Every shorter beginning of `bytes`, and `bytes` with one byte more at either end. */
function* wrongLengths(bytes: Uint8Array): Generator<{ readonly name: string; readonly bytes: Bytes }> {
  for (let length = 0; length < bytes.length; length += 1)
    yield { name: `cut to ${length}`, bytes: new Uint8Array(bytes.subarray(0, length)) };
  yield { name: 'a byte more at the end', bytes: Uint8Array.from([...bytes, 0]) };
  yield { name: 'a byte more at the start', bytes: Uint8Array.from([0, ...bytes]) };
}

/** Both. */
export function* corruptions(bytes: Uint8Array): Generator<{ readonly name: string; readonly bytes: Bytes }> {
  yield* flippedBits(bytes);
  yield* wrongLengths(bytes);
}

/** The names of those corruptions of `bytes` that `accepts` takes: none, if all is well. */
export const acceptedCorruptions = (bytes: Uint8Array, accepts: (changed: Bytes) => boolean): readonly string[] =>
  Array.from(corruptions(bytes))
    .filter((changed) => accepts(changed.bytes))
    .map((changed) => changed.name);
