/** The share of a full count that runs, and the seed of random choices. See CONTRIBUTING.md. */
const scale = Number(process.env['SOTTO_TEST_SCALE'] ?? '0.01');
let state = Number(process.env['SOTTO_TEST_SEED'] ?? '20261121') >>> 0;

export const counted = (full: number): number => Math.max(1, Math.ceil(full * Math.max(scale, 0.01)));

/** 0 or more, below `limit`; the seed decides. */
export const random = (limit: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
