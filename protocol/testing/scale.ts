/** How much of a counted test runs: 1 is the full count, the default 1 %. See CONTRIBUTING.md. */
const scale = Number(process.env['SOTTO_TEST_SCALE'] ?? '0.01');

/** The seed of every counted test; another one by `SOTTO_TEST_SEED`. */
export const TEST_SEED = Number(process.env['SOTTO_TEST_SEED'] ?? '20261121');

/** `full` at scale 1, at least 1 % of it otherwise. */
export const counted = (full: number): number => Math.max(1, Math.ceil(full * Math.max(scale, 0.01)));
