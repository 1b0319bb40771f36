import type { ErrorCode } from '@sotto/protocol/wire';
import { Backoff } from '../net/backoff.js';
import type { Clock } from '../net/clock.js';
import type { CallResult, Ok, Refused } from '../net/types.js';

/** A person waits before both screens, so the network is tried again soon. */
const PAUSE_MOST_MS = 5_000;
/** Nothing is known about the request itself. */
const LATER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['internal', 'serverBusy', 'rateLimited']);

export type Answered<T> = Ok<T> | Refused;

/** `undefined`: the same request is worth another try. */
export const answerOf = <T>(result: CallResult<T>): Answered<T> | undefined =>
  result.outcome === 'away' || (result.outcome === 'refused' && LATER.has(result.code)) ? undefined : result;

/** Repeats one and the same request until the server has answered it: everything that a link says may be said twice. */
export class Patience {
  readonly #clock: Clock;
  readonly #over = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Nothing is repeated any more. */
  end(): void {
    this.#over.abort();
  }

  /** `undefined`: it ended before there was an answer, or while the answer was under way. */
  async answered<T>(call: () => Promise<CallResult<T>>): Promise<Answered<T> | undefined> {
    const backoff = new Backoff();
    while (!this.isOver()) {
      const result = await call();
      if (this.isOver()) return undefined;
      const answer = answerOf(result);
      if (answer !== undefined) return answer;
      const asked = result.outcome === 'refused' ? result.retryAfterMs : 0;
      await this.pause(Math.max(asked, Math.min(backoff.nextDelayMs(), PAUSE_MOST_MS)));
    }
    return undefined;
  }

  /** Waits, or ends with the work. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#over.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }
}
