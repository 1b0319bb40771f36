import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** How much goes into one commit, and how much may wait for one. */
export interface GroupCommitBounds {
  readonly mostItems: number;
  readonly mostBytes: number;
  readonly mostWaitingItems: number;
  readonly mostWaitingBytes: number;
  /** Company is waited for so long, where nobody waits for the result. Absent: not at all. */
  readonly gatherMs?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Stores a batch in one transaction; answers one result an item, in order. */
export type CommitBatch<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

/**
 * Gathers what many callers want to store while one commit runs, and stores it together in the next. Nobody waits for company
 * but by the bounds: a lone item is committed at once. One commit at a time, so items are committed in the order in which they came.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: CommitBatch<Item, Result>;
  readonly #bounds: GroupCommitBounds;
  #waiting: Waiting<Item, Result>[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;

  constructor(bounds: GroupCommitBounds, commit: CommitBatch<Item, Result>) {
    this.#bounds = bounds;
    this.#commit = commit;
  }

  /** Resolves once the item is durable. `full` at once, with nothing kept, where too much waits already. */
  submit(item: Item, bytes: number): Promise<Result> | 'full' {
    const { mostWaitingItems, mostWaitingBytes } = this.#bounds;
    if (this.#waiting.length >= mostWaitingItems || this.#waitingBytes + bytes > mostWaitingBytes) return 'full';
    const result = new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, bytes, resolve, reject });
    });
    this.#waitingBytes += bytes;
    this.#running ??= this.#run();
    return result;
  }

  /** Resolves once nothing waits any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Whatever the sockets hold already joins this batch: no delay, and on the embedded engine, whose commits are synchronous,
      // the only moment in which anything can gather.
      const { gatherMs, mostItems } = this.#bounds;
      // A whole batch has company enough.
      await (gatherMs === undefined || this.#waiting.length >= mostItems ? nextTurn() : pause(gatherMs));
      await this.#commitNext();
    }
    this.#running = undefined;
  }

  async #commitNext(): Promise<void> {
    const batch = this.#takeBatch();
    try {
      const results = await this.#commit(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('A commit answered fewer results than it was given items'));
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #takeBatch(): Waiting<Item, Result>[] {
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (count === this.#bounds.mostItems || (count > 0 && bytes + waiting.bytes > this.#bounds.mostBytes)) break;
      count += 1;
      bytes += waiting.bytes;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingBytes -= bytes;
    return batch;
  }
}
