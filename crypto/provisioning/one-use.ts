/** Lets a state of a link be used once, so that no key and counter ever encrypts two things. Using it again is a bug, and throws. */
export class OneUse {
  readonly #what: string;
  #used = false;

  constructor(what: string) {
    this.#what = what;
  }

  /** Marks the state as used. */
  take(): void {
    this.check();
    this.#used = true;
  }

  /** Throws if the state has been used. */
  check(): void {
    if (this.#used) throw new Error(`This ${this.#what} has been used: go on from the state that came of it.`);
  }
}
