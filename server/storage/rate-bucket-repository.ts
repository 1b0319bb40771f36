import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** Takes from one bucket: how long it takes to refill what is taken, and to fill it when empty. */
export interface BucketDraw {
  readonly bucketHash: Bytes;
  readonly refillMs: number;
  readonly emptyMs: number;
}

/** Buckets of limits, each as the time at which it will be full again (the generic cell rate algorithm). */
export interface RateBucketRepository {
  /**
   * Milliseconds to wait before so much could be taken; 0: it was taken. The clock is read once the bucket is locked: of many who
   * draw at once nobody is judged by a time before that of those who drew before him.
   */
  take(draw: BucketDraw, clock: () => UnixMs): Promise<number>;
  /** Puts back what a draw took. */
  giveBack(draw: BucketDraw, now: UnixMs): Promise<void>;
  /** Buckets that are full again are like those that never were. */
  deleteFull(now: UnixMs): Promise<void>;
}
