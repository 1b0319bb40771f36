import type { UnixMs } from '@sotto/protocol/ids';
import { isUniqueViolation } from './database-error.js';
import type { Gate } from './gate.js';
import type { BucketDraw, RateBucketRepository } from './rate-bucket-repository.js';
import { bytesParameter, integerFrom } from './row-values.js';
import type { Session } from './session.js';

/** The row is locked from here to the commit: of many who draw at once each sees what the one before has left. */
const readFullAt = async (session: Session, draw: BucketDraw): Promise<number | undefined> => {
  const [row] = await session.rows(`SELECT full_at FROM rate_bucket WHERE bucket_hash = ?${session.forUpdate}`, [
    bytesParameter(draw.bucketHash),
  ]);
  return row === undefined ? undefined : integerFrom(row['full_at']);
};

export class SqlRateBucketRepository implements RateBucketRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  async take(draw: BucketDraw, clock: () => UnixMs): Promise<number> {
    // Two may make the same bucket at once: the second finds it on its second try.
    for (;;) {
      try {
        return await this.#take(draw, clock);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
      }
    }
  }

  giveBack({ bucketHash, refillMs }: BucketDraw, now: UnixMs): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change('UPDATE rate_bucket SET full_at = full_at - ? WHERE bucket_hash = ? AND full_at > ?', [
        refillMs,
        bytesParameter(bucketHash),
        now,
      ]);
    });
  }

  deleteFull(now: UnixMs): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change('DELETE FROM rate_bucket WHERE full_at <= ?', [now]);
    });
  }

  #take(draw: BucketDraw, clock: () => UnixMs): Promise<number> {
    return this.#gate.transaction(async (session) => {
      const known = await readFullAt(session, draw);
      const now = clock();
      const fullAt = Math.max(known ?? 0, now) + draw.refillMs;
      if (fullAt - now > draw.emptyMs) return fullAt - now - draw.emptyMs;
      await session.change(
        known === undefined
          ? 'INSERT INTO rate_bucket (full_at, bucket_hash) VALUES (?, ?)'
          : 'UPDATE rate_bucket SET full_at = ? WHERE bucket_hash = ?',
        [fullAt, bytesParameter(draw.bucketHash)],
      );
      return 0;
    });
  }
}
