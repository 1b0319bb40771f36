import type { UnixMs } from '@sotto/protocol/ids';
import type { Clock } from '../../net/clock.js';

/** Pauses between two tries pass at once; what takes a minute passes when a test says so. */
const SHORT_MS = 10_000;
const FASTER = 200;

export class TestClock implements Clock {
  readonly #timers = new Map<symbol, { readonly at: number; readonly run: () => void }>();
  #nowMs: number;

  /** @param aheadMs - of the server: clocks of desktop machines are hours off at times */
  constructor(aheadMs = 0) {
    this.#nowMs = 1_800_000_000_000 + aheadMs;
  }

  now(): UnixMs {
    return this.#nowMs as UnixMs;
  }

  after(delayMs: number, run: () => void): () => void {
    if (delayMs < SHORT_MS) {
      const timer = setTimeout(run, delayMs / FASTER);
      return () => {
        clearTimeout(timer);
      };
    }
    const key = Symbol('timer');
    this.#timers.set(key, { at: this.#nowMs + delayMs, run });
    return () => this.#timers.delete(key);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const [key, { at, run }] of [...this.#timers]) {
      if (at <= this.#nowMs && this.#timers.delete(key)) run();
    }
  }
}
