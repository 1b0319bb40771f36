import type { Log } from '../../log.js';
import type { Mailbox } from './mailbox.js';

const EVERY_MS = 60_000;

/** Clears expired mail away while the server runs. Readers never see it meanwhile: they ask for what has not expired. */
export class ExpirySweep {
  readonly #mailbox: Mailbox;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(mailbox: Mailbox, log: Log) {
    this.#mailbox = mailbox;
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
    try {
      await this.#mailbox.deleteExpired();
    } catch (error) {
      // The next sweep makes it good.
      this.#log.warn('mailbox.sweepFailed', { error });
    }
  }
}
