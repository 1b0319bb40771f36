import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** Who does what one process does for all. */
export interface JobRepository {
  /**
   * Takes a job that nobody holds (or whose holder has not been heard of in time) and that was last finished before
   * `finishedBefore`. Of many who ask at once, one gets it.
   */
  take(name: string, holder: Bytes, terms: JobTerms): Promise<boolean>;
  /** Gives the job back, done. */
  finish(name: string, holder: Bytes, now: UnixMs): Promise<void>;
  /** Notes that something was done that nobody holds: a restore. */
  note(name: string, now: UnixMs): Promise<void>;
  finishedAt(name: string): Promise<UnixMs | undefined>;
}

export interface JobTerms {
  readonly now: UnixMs;
  readonly heldUntil: UnixMs;
  readonly finishedBefore: UnixMs;
}
