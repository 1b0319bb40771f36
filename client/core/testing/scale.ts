const scale = Number(process.env['SOTTO_TEST_SCALE'] ?? '0.01');

/** `full` at scale 1, at least 1 % of it otherwise. See CONTRIBUTING.md. */
export const counted = (full: number): number => Math.max(1, Math.ceil(full * Math.max(scale, 0.01)));
