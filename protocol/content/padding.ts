type Bytes = Uint8Array<ArrayBuffer>;

const STEP = 160;
const STEPS_END = 1_024;
/** ISO/IEC 7816-4: one marker byte, then zeros. */
const MARKER = 0x80;

/**
 * The bucket that a content of `length` bytes plus its marker falls into: multiples of 160 up to 1 KiB, then powers of √2
 * rounded up to whole bytes, so that a size tells little (SPEC §7.3).
 */
export const paddedLength = (length: number): number => {
  const needed = length + 1;
  if (needed <= STEPS_END) return Math.min(Math.ceil(needed / STEP) * STEP, STEPS_END);
  // Exponents are counted in half octaves above 1 KiB. Rounded down: a bucket is itself rounded up to whole bytes.
  let half = Math.floor(2 * Math.log2(needed / STEPS_END));
  while (Math.ceil(STEPS_END * 2 ** (half / 2)) < needed) half += 1;
  return Math.ceil(STEPS_END * 2 ** (half / 2));
};

/** Pads encoded content to its bucket (SPEC §7.3). */
export const pad = (content: Uint8Array): Bytes => {
  const padded = new Uint8Array(paddedLength(content.length));
  padded.set(content);
  padded[content.length] = MARKER;
  return padded;
};

/** Takes the padding off; `undefined` unless it is exactly what {@link pad} would have made. */
export const unpad = (padded: Uint8Array): Uint8Array | undefined => {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end -= 1;
  if (end < 0 || padded[end] !== MARKER || paddedLength(end) !== padded.length) return undefined;
  return padded.subarray(0, end);
};
