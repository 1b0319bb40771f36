/**
 * One at a time, in order of arrival (SPEC §5.8). A ratchet counter that is read by one operation must not be read by
 * another before the first has been committed: two messages under one key would give both away.
 */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #callback: 'none' | 'running' | 'reentered' = 'none';

  /** Runs `work` once everything before it has ended, whether well or not. */
  run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#callback !== 'none') {
      this.#callback = 'reentered';
      throw new Error(REENTERED);
    }
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /**
   * Runs a synchronous function of the caller's while the lane is held. Throws where it asked for the lane again, even if
   * nobody waited or looked: waiting for oneself never ends, and not waiting means work on what is about to be committed.
   */
  callback<Value>(call: () => Value): Value {
    this.#callback = 'running';
    try {
      const value = call();
      this.#assertNotReentered();
      return value;
    } finally {
      this.#callback = 'none';
    }
  }

  #assertNotReentered(): void {
    if (this.#callback === 'reentered') throw new Error(REENTERED);
  }
}

const REENTERED = 'A callback of this lane asked for the lane.';
