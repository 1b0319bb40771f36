import { LIFETIMES } from '@sotto/protocol/wire';
import type { JobRepository } from '../storage/job-repository.js';
import { laterBy, type Clock } from './clock.js';
import { refuse, type Refusal } from './outcome.js';

/** Under this name the database remembers when it was restored. */
export const RESTORE = 'restore';

/**
 * After a restore the server may lack device lists that it has receipted: a device that missed one would sign another with the same
 * number, which every peer must take for a fork. For a day only the recovery key may change a list.
 */
export class RestoreHold {
  readonly #jobs: JobRepository;
  readonly #clock: Clock;

  constructor(jobs: JobRepository, clock: Clock) {
    this.#jobs = jobs;
    this.#clock = clock;
  }

  async check(): Promise<Refusal | undefined> {
    const restoredAt = await this.#jobs.finishedAt(RESTORE);
    if (restoredAt === undefined) return undefined;
    const until = laterBy(restoredAt, LIFETIMES.restoreHoldMs);
    const waitMs = until - this.#clock();
    if (waitMs <= 0) return undefined;
    return refuse(
      'serverRestored',
      'This server was restored from a backup. For a day devices are neither added nor removed; the recovery key works.',
      waitMs,
    );
  }
}
