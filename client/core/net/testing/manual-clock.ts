import type { UnixMs } from '@sotto/protocol/ids';
import type { Clock } from '../clock.js';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  /** Counts on while the machine is awake; timers follow it. */
  #awakeMs = 0;
  #wallMs = 1_800_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): UnixMs {
    return this.#wallMs as UnixMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#awakeMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; timers run in order, those that they start included. */
  advance(ms: number): void {
    const until = this.#awakeMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#pass(next.at - this.#awakeMs);
      next.run();
    }
    this.#pass(until - this.#awakeMs);
  }

  /** The wall clock moves and timers do not: sleep, or a clock that was set (backwards where negative). */
  sleep(ms: number): void {
    this.#wallMs += ms;
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  #pass(ms: number): void {
    this.#awakeMs += ms;
    this.#wallMs += ms;
  }
}
