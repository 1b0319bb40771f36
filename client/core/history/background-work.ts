import type { CoreLog } from '../log.js';
import { Backoff } from '../net/backoff.js';
import type { Clock } from '../net/clock.js';

/** What became of one step. `retry`: the same again after a while, which grows from time to time unless it is given. */
export type Step = { readonly next: 'again' | 'idle' } | { readonly next: 'retry'; readonly afterMs?: number };

export interface BackgroundWorkParts {
  readonly step: () => Promise<Step>;
  readonly clock: Clock;
  readonly log: CoreLog;
  readonly name: string;
}

/** Repeats a step until nothing is left to do. One step at a time; a step that throws is tried again. */
export class BackgroundWork {
  readonly #parts: BackgroundWorkParts;
  readonly #backoff = new Backoff();
  #cancelWait: (() => void) | undefined;
  #underWay: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = false;

  constructor(parts: BackgroundWorkParts) {
    this.#parts = parts;
  }

  /** There may be something to do, now. */
  wake(): void {
    if (this.#isStopped) return;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#isWoken = true;
    this.#underWay ??= this.#run().finally(() => {
      this.#underWay = undefined;
      if (this.#isWoken) this.wake();
    });
  }

  /** Resolves once the step that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isWoken = false;
    this.#cancelWait?.();
    await this.#underWay;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  async #run(): Promise<void> {
    do this.#isWoken = false;
    while (await this.#goesOn());
  }

  async #goesOn(): Promise<boolean> {
    if (this.#isStopped) return false;
    const step = await this.#step();
    if (step.next === 'again') {
      this.#backoff.reset();
      return true;
    }
    if (step.next === 'retry' && !this.#isWoken) this.#wait(step.afterMs ?? this.#backoff.nextDelayMs());
    return this.#isWoken;
  }

  async #step(): Promise<Step> {
    try {
      return await this.#parts.step();
    } catch {
      this.#parts.log('failed', { code: this.#parts.name });
      return { next: 'retry' };
    }
  }

  #wait(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancelWait = this.#parts.clock.after(delayMs, () => this.wake());
  }
}
