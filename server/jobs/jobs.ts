import { randomBytes } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import { laterBy } from '../domain/clock.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import type { JobRepository } from '../storage/job-repository.js';

/** Something that is done again and again, by one process for all of them. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
}

/** Whoever holds a job and is not heard of any more loses it after this time. */
const HELD_MS = 10 * 60_000;
/** Timers of processes drift: one that comes a little early still finds the job due. */
const EARLY_MS = 5_000;

export interface JobsParts {
  readonly repository: JobRepository;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** Does jobs while the server runs, each on one process at a time. */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #jobs: readonly Job[];
  /** This process; another id after a restart. */
  readonly #holder = new Uint8Array(randomBytes(16));
  readonly #running = new Map<string, Promise<void>>();
  #timers: NodeJS.Timeout[] = [];

  constructor(jobs: readonly Job[], parts: JobsParts) {
    this.#jobs = jobs;
    this.#parts = parts;
  }

  start(): void {
    for (const job of this.#jobs) {
      this.#begin(job);
      this.#timers.push(setInterval(() => this.#begin(job), job.everyMs));
    }
  }

  /** Resolves once no job is under way here any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    await Promise.all(this.#running.values());
  }

  #begin(job: Job): void {
    if (this.#running.has(job.name)) return;
    const running = this.#runOnce(job).finally(() => this.#running.delete(job.name));
    this.#running.set(job.name, running);
  }

  async #runOnce({ name, everyMs, run }: Job): Promise<void> {
    const { repository, clock, log, meter } = this.#parts;
    const startedAt = performance.now();
    try {
      const now = clock();
      const finishedBefore = laterBy(now, -Math.max(0, everyMs - EARLY_MS));
      const isOurs = await repository.take(name, this.#holder, {
        now,
        heldUntil: laterBy(now, HELD_MS),
        finishedBefore,
      });
      if (!isOurs) return;
      await run();
      await repository.finish(name, this.#holder, clock());
      meter.count('sotto_job_runs_total', 1, name);
      meter.observe('sotto_job_seconds', (performance.now() - startedAt) / 1_000, name);
    } catch (error) {
      // The next run makes it good, here or elsewhere; the job is free again once its holder's time is over.
      log.warn('job.failed', { reason: name, error });
      meter.count('sotto_job_failures_total', 1, name);
      await repository.finish(name, this.#holder, clock()).catch(() => undefined);
    }
  }
}
