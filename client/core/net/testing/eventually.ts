/**
 * Waits, on the real clock, until `look` gives something; network traffic takes its own time, and on a busy machine a lot.
 * Whoever waits like this gives its tests half a minute.
 */
export const eventually = async <T>(look: () => T | undefined | false): Promise<T> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`never happened: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

/** Gives everything that is under way on loopback the time to arrive, for tests of what must *not* happen. */
export const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));
