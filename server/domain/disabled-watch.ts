import type { UnixMs } from '@sotto/protocol/ids';
import type { Log } from '../log.js';
import type { Notifier } from '../notifier/notifier.js';
import type { Storage } from '../storage/storage.js';
import { laterBy, type Clock } from './clock.js';

const EVERY_MS = 2_000;
/** Clocks of machines differ by less. */
const OVERLAP_MS = 10_000;

export interface DisabledWatchParts {
  readonly storage: Pick<Storage, 'accounts' | 'devices'>;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Closes the sockets of accounts that the host has closed: `sotto-admin` is a process of its own and reaches the others through the
 * database alone. One query of an index for a process, however many sockets it has.
 */
export class DisabledWatch {
  readonly #parts: DisabledWatchParts;
  #since: UnixMs;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: DisabledWatchParts) {
    this.#parts = parts;
    this.#since = parts.clock();
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { storage, notifier, clock, log } = this.#parts;
    try {
      const now = clock();
      for (const accountId of await storage.accounts.findDisabledSince(laterBy(this.#since, -OVERLAP_MS)))
        for (const { deviceId } of await storage.devices.list(accountId)) notifier.ended(deviceId);
      this.#since = now;
    } catch (error) {
      // The next look sees what this one did not.
      log.warn('disabledWatch.failed', { error });
    }
  }
}
