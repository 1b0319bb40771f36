import type { Refusal } from './outcome.js';
import { limited, type RateLimiter, type RateLimitName } from './rate-limit.js';

/** One guess at a password, counted until it turns out to be right: of many at once none slips past the count. */
export class Attempt {
  readonly #limiter: RateLimiter;
  readonly #counters: readonly (readonly [RateLimitName, string])[];

  constructor(limiter: RateLimiter, counters: readonly (readonly [RateLimitName, string])[]) {
    this.#limiter = limiter;
    this.#counters = counters;
  }

  async begin(): Promise<Refusal | undefined> {
    for (const [limit, key] of this.#counters) {
      const outcome = await this.#limiter.take(limit, key);
      if (outcome.type === 'limited') return limited(outcome.retryAfterMs);
    }
    return undefined;
  }

  async forget(): Promise<void> {
    for (const [limit, key] of this.#counters) await this.#limiter.giveBack(limit, key);
  }
}
