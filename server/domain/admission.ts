/**
 * Lets `mostAtOnce` pieces of work run and `mostWaiting` wait; whatever comes beyond is turned away at once, so that a flood of
 * expensive requests costs a queue and not the machine.
 */
export class Admission {
  readonly #mostAtOnce: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(mostAtOnce: number, mostWaiting: number) {
    this.#mostAtOnce = mostAtOnce;
    this.#mostWaiting = mostWaiting;
  }

  /** The result of `work`, or `turnedAway` without having started it. */
  async run<Result>(work: () => Promise<Result>): Promise<Result | 'turnedAway'> {
    if (this.#running >= this.#mostAtOnce) {
      if (this.#waiting.length >= this.#mostWaiting) return 'turnedAway';
      // Whoever finishes hands over its place, so `running` does not change in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
