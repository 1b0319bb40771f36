import { Backoff } from '../net/backoff.js';
import type { Clock } from '../net/clock.js';
import type { UpkeepEnd } from './upkeep-end.js';

interface UpkeepLoopParts {
  readonly clock: Clock;
  readonly isOnline: () => boolean;
  readonly work: (wanted: { readonly fetch: boolean }) => Promise<UpkeepEnd>;
  readonly onFailure: () => void;
}

/** Does one piece of work at a time, again where something has come up meanwhile, and later where it could not be done. */
export class UpkeepLoop {
  readonly #parts: UpkeepLoopParts;
  readonly #backoff = new Backoff();
  #wantsFetch = false;
  #isWanted = false;
  #running: Promise<void> | undefined;
  #cancel: () => void = () => undefined;
  #hasStopped = false;

  constructor(parts: UpkeepLoopParts) {
    this.#parts = parts;
  }

  /** Begins at once; offline the wish is kept for the next connection. */
  wake({ fetch = false } = {}): void {
    this.#wantsFetch ||= fetch;
    this.#isWanted = true;
    if (this.#hasStopped || this.#running !== undefined || !this.#parts.isOnline()) return;
    this.#cancel();
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // What came up in the very last moment.
      if (this.#isWanted && !this.#isWaiting) this.wake();
    });
  }

  wakeAfter(delayMs: number): void {
    if (this.#isWaiting) return;
    const cancel = this.#parts.clock.after(delayMs, () => {
      this.#cancel();
      this.wake();
    });
    this.#cancel = () => {
      cancel();
      this.#cancel = () => undefined;
      this.#isWaiting = false;
    };
    this.#isWaiting = true;
  }

  async stop(): Promise<void> {
    this.#hasStopped = true;
    this.#cancel();
    await this.#running;
  }

  #isWaiting = false;

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#hasStopped && this.#parts.isOnline()) {
      const fetch = this.#wantsFetch;
      this.#isWanted = false;
      this.#wantsFetch = false;
      const end = await this.#parts.work({ fetch }).catch((): UpkeepEnd => {
        this.#parts.onFailure();
        return 'later';
      });
      if (end === 'done') {
        this.#backoff.reset();
        continue;
      }
      this.#wantsFetch ||= fetch;
      this.wakeAfter(this.#backoff.nextDelayMs());
      return;
    }
  }
}
