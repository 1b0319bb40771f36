const WINDOW_MS = 60_000;
const WRONG_MOST = 10;

/**
 * Counts wrong tokens. Beyond ten a minute further wrong ones are turned away as too many; a right one is never counted
 * against its owner, so nobody can lock the owner out by guessing.
 */
export class WrongTokenLimit {
  readonly #now: () => number;
  #windowEndsAt = 0;
  #wrong = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes a wrong token. */
  note(): 'wrong' | 'tooMany' {
    if (this.#windowEndsAt <= this.#now()) {
      this.#windowEndsAt = this.#now() + WINDOW_MS;
      this.#wrong = 0;
    }
    this.#wrong += 1;
    return this.#wrong > WRONG_MOST ? 'tooMany' : 'wrong';
  }
}
