import { randomInt } from 'node:crypto';

const FIRST_MS = 1_000;
const MOST_MS = 60_000;
const STEPS = 2 ** 32;

const randomFraction = (): number => randomInt(STEPS) / STEPS;

/**
 * Exponential backoff with full jitter: each wait is drawn from the whole span up to a ceiling that doubles to a minute, so
 * that the clients of a server that comes back do not all come back at one moment.
 */
export class Backoff {
  #failures = 0;
  readonly #random: () => number;

  /** @param random - uniform in [0, 1) */
  constructor(random: () => number = randomFraction) {
    this.#random = random;
  }

  nextDelayMs(): number {
    const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    return Math.floor(this.#random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }
}
