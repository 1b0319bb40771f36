/**
 * One at a time, in order of arrival (SPEC §5.5). A ratchet counter that is read by one operation must not be read by
 * another before the first has been committed: two messages under one key would give both away.
 */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #inCallback = false;

  /** Runs `work` once everything before it has ended, whether well or not. */
  run<Value>(work: () => Promise<Value>): Promise<Value> {
    // Waiting for oneself never ends; a callback that does not wait would work on what is about to be committed.
    if (this.#inCallback) throw new Error('A callback of this lane asked for the lane.');
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Runs a synchronous function of the caller's while the lane is held. It cannot ask for the lane again. */
  callback<Value>(call: () => Value): Value {
    this.#inCallback = true;
    try {
      return call();
    } finally {
      this.#inCallback = false;
    }
  }
}
