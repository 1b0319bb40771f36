import type { UnixMs } from '@sotto/protocol/ids';
import { parsePreKeyId, type PreKeyId } from '../keys.js';

const DAY_MS = 24 * 3_600_000;
/** Signed and last-resort keys are replaced this often, so that a stolen one is of use for a short time. */
const ROTATION_INTERVAL_MS = 2 * DAY_MS;
/** A replaced key is kept: first messages to it may wait as long as the server keeps envelopes. */
const GRACE_MS = 30 * DAY_MS;
/** The server's stock of one-time keys of one kind is filled up to `full` once it is below `low`. */
const STOCK = { low: 10, full: 100 } as const;
const HIGHEST_ID = 0xffffff;

/** A key that is rotated, as far as the rules need to know it. */
export interface DatedPreKey {
  readonly id: PreKeyId;
  readonly createdAt: UnixMs;
}

/** The `count` ids that follow `last`; after 16,777,215 comes 1. `last` is `undefined` where there was none yet. */
export const preKeyIdsAfter = (last: PreKeyId | undefined, count: number): readonly PreKeyId[] =>
  Array.from({ length: count }, (_, index) => parsePreKeyId((((last ?? 0) + index) % HIGHEST_ID) + 1)).filter(
    (id) => id !== undefined,
  );

/**
 * Is it time for a new signed (or last-resort) key (SPEC §5.2)? Also when the newest one is from the future: the clock was
 * wrong when it was made, and it would otherwise stay until that day.
 */
export const isRotationDue = (newest: DatedPreKey | undefined, now: UnixMs): boolean =>
  newest === undefined || newest.createdAt > now || now - newest.createdAt >= ROTATION_INTERVAL_MS;

/** How many one-time keys of one kind to add to the `stock` that the server has left. */
export const refillCount = (stock: number): number => (stock < STOCK.low ? STOCK.full - stock : 0);

/**
 * Which keys can be deleted: those that were replaced, by the next newer key in `published`, 30 days ago or longer. Hand in
 * only keys that the server has had: one that never got there has replaced nothing.
 */
export const expiredPreKeys = (published: readonly DatedPreKey[], now: UnixMs): readonly PreKeyId[] => {
  const byAge = [...published].sort((left, right) => left.createdAt - right.createdAt);
  return byAge
    .filter((_, index) => {
      const next = byAge[index + 1];
      return next !== undefined && now - next.createdAt >= GRACE_MS;
    })
    .map(({ id }) => id);
};
