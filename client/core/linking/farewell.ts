import type { Clock } from '../net/clock.js';

/** Whoever ends the program does not wait longer for a server that does not answer. */
const MOST_MS = 5_000;

/** Gives what the other side is still to be told the time to arrive: it would wait for minutes otherwise. */
export const farewellOf = (clock: Clock, said: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.after(MOST_MS, resolve);
    const done = (): void => {
      cancel();
      resolve();
    };
    said.then(done, done);
  });
