import type { Clock } from '../domain/clock.js';
import {
  drawOf,
  DURABLE_LIMITS,
  type LimitOutcome,
  type RateLimiter,
  type RateLimitName,
} from '../domain/rate-limit.js';
import type { BucketName } from './bucket-name.js';
import type { BucketDraw, RateBucketRepository } from '../storage/rate-bucket-repository.js';

export interface DurableRateLimiterParts {
  readonly rateBuckets: RateBucketRepository;
  /** For what a restart may forget. */
  readonly local: RateLimiter;
  readonly bucketName: BucketName;
  readonly clock: Clock;
  readonly factor: number;
}

/** Keeps in the database what has to outlive a restart, and the rest in this process. */
export class DurableRateLimiter implements RateLimiter {
  readonly #parts: DurableRateLimiterParts;

  constructor(parts: DurableRateLimiterParts) {
    this.#parts = parts;
  }

  take(limit: RateLimitName, key: string, amount = 1): LimitOutcome | Promise<LimitOutcome> {
    return DURABLE_LIMITS.has(limit)
      ? this.#takeDurably(limit, key, amount)
      : this.#parts.local.take(limit, key, amount);
  }

  async #takeDurably(limit: RateLimitName, key: string, amount: number): Promise<LimitOutcome> {
    const { rateBuckets, clock } = this.#parts;
    const waitMs = await rateBuckets.take(this.#drawOf(limit, key, amount), clock);
    return waitMs === 0 ? { type: 'allowed' } : { type: 'limited', retryAfterMs: waitMs };
  }

  async giveBack(limit: RateLimitName, key: string, amount = 1): Promise<void> {
    const { rateBuckets, local, clock } = this.#parts;
    if (!DURABLE_LIMITS.has(limit)) return local.giveBack(limit, key, amount);
    return rateBuckets.giveBack(this.#drawOf(limit, key, amount), clock());
  }

  #drawOf(limit: RateLimitName, key: string, amount: number): BucketDraw {
    const { refillMs, emptyMs } = drawOf(limit, amount, this.#parts.factor);
    // The database counts in whole milliseconds; what refills faster is rounded against the caller.
    return {
      bucketHash: new Uint8Array(this.#parts.bucketName(limit, key)),
      refillMs: Math.ceil(refillMs),
      emptyMs: Math.ceil(emptyMs),
    };
  }
}
