/** How much of a counted test runs: 1 is the full count, the default 1 %. See CONTRIBUTING.md. */
const scale = Number(process.env['SOTTO_TEST_SCALE'] ?? '0.01');

/** The seed of every counted test; another one by `SOTTO_TEST_SEED`. */
export const TEST_SEED = Number(process.env['SOTTO_TEST_SEED'] ?? '20261121');

/** `full` at scale 1, and at least 1 % of it. */
export const counted = (full: number): number => Math.max(1, Math.ceil(full * Math.max(scale, 0.01)));

/** Every index below `length` at scale 1; otherwise evenly spread ones, at least `least`, first and last among them. */
export const sampled = (length: number, least: number): readonly number[] => {
  const count = Math.min(length, Math.max(least, Math.ceil(length * scale)));
  const indices = Array.from({ length: count }, (_, index) =>
    Math.round((index * (length - 1)) / Math.max(1, count - 1)),
  );
  return [...new Set(indices)];
};

/** For tests whose full count takes minutes. */
export const LONG_TEST_MS = 900_000;
