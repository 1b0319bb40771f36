import type { Log } from '../log.js';

const EVERY_MS = 60_000;

/** Something that holds what expires. */
export interface Expiring {
  /** Clears away what has expired, in steps that keep no one waiting for long. */
  deleteExpired(): Promise<void>;
}

/** Clears away what has expired while the server runs. Readers never see it meanwhile: they ask for what has not expired. */
export class ExpirySweep {
  readonly #parts: readonly Expiring[];
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: readonly Expiring[], log: Log) {
    this.#parts = parts;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#sweep();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#sweep());
    }, EVERY_MS);
  }

  /** Resolves once no sweep is under way any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.deleteExpired();
      } catch (error) {
        // The next sweep makes it good.
        this.#log.warn('sweep.failed', { error });
      }
    }
  }
}
