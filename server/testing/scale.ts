const scale = Number(process.env['SOTTO_TEST_SCALE'] ?? '0.01');

/** `full` at scale 1, at least 1 % of it otherwise. See CONTRIBUTING.md. */
export const counted = (full: number): number => Math.max(1, Math.ceil(full * Math.max(scale, 0.01)));

/** Numbers below 1 from the seed of the run, the same each time (mulberry32). */
export const seededNumbers = (): (() => number) => {
  let state = Number(process.env['SOTTO_TEST_SEED'] ?? '20261121') >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
