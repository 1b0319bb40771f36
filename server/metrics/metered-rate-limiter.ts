import type { LimitOutcome, RateLimiter, RateLimitName } from '../domain/rate-limit.js';
import type { Meter } from './meter.js';

/** Counts what a limit refuses. */
export class MeteredRateLimiter implements RateLimiter {
  readonly #limiter: RateLimiter;
  readonly #meter: Meter;

  constructor(limiter: RateLimiter, meter: Meter) {
    this.#limiter = limiter;
    this.#meter = meter;
  }

  take(limit: RateLimitName, key: string, amount?: number): LimitOutcome | Promise<LimitOutcome> {
    const outcome = this.#limiter.take(limit, key, amount);
    return outcome instanceof Promise
      ? outcome.then((later) => this.#counted(limit, later))
      : this.#counted(limit, outcome);
  }

  #counted(limit: RateLimitName, outcome: LimitOutcome): LimitOutcome {
    if (outcome.type === 'limited') this.#meter.count('sotto_limited_total', 1, limit);
    return outcome;
  }

  giveBack(limit: RateLimitName, key: string, amount?: number): Promise<void> {
    return this.#limiter.giveBack(limit, key, amount);
  }
}
