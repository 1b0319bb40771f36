import type { Clock } from '../net/clock.js';

const AWAY_RETRY_MS = 10_000;

/** What is known of the keys under which the server vouches for senders. */
export interface FreshTrust {
  /** The server was asked so lately that what is unknown here is unknown to it. */
  readonly isFresh: boolean;
  /** Asks it, unless that is so; answers whether it is so now. */
  freshen(): Promise<boolean>;
}

interface TrustWaitParts {
  readonly trust: FreshTrust;
  readonly clock: Clock;
  /** Opens these inbox entries once more. */
  readonly reopen: (entryIds: readonly number[]) => Promise<void>;
}

/**
 * Envelopes whose sender's certificate is under a server key that is not known here: the host may have replaced it while this
 * device was away. The server is asked outside of the lane, and seldom, however many such envelopes somebody makes up.
 */
export class TrustWait {
  readonly #parts: TrustWaitParts;
  readonly #waiting = new Set<number>();
  #isAsking = false;
  #stopped = false;
  #cancelRetry: (() => void) | undefined;

  constructor(parts: TrustWaitParts) {
    this.#parts = parts;
  }

  add(entryIds: readonly number[]): void {
    for (const id of entryIds) this.#waiting.add(id);
    if (entryIds.length > 0) void this.#look();
  }

  /** The connection is back. */
  wake(): void {
    if (this.#waiting.size > 0) void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  async #look(): Promise<void> {
    if (this.#isAsking || this.#isStopped()) return;
    this.#isAsking = true;
    this.#cancelRetry?.();
    const isFresh = await this.#parts.trust.freshen().catch(() => false);
    this.#isAsking = false;
    if (this.#isStopped()) return;
    if (!isFresh) {
      this.#cancelRetry = this.#parts.clock.after(AWAY_RETRY_MS, () => void this.#look());
      return;
    }
    const entries = [...this.#waiting];
    this.#waiting.clear();
    await this.#parts.reopen(entries);
  }
}
