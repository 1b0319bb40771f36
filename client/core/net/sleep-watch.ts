import type { Clock } from './clock.js';

const TICK_MS = 5_000;
/** A busy machine is late by seconds, a sleeping one by much more. */
const SLACK_MS = 15_000;

/**
 * Calls `onJump` when more or less time has passed than a timer says: the machine slept, or its clock was set. Timers stand
 * still during sleep, so that waits and heartbeats alone would notice a dead connection only minutes later.
 *
 * @returns the function that ends the watch
 */
export const watchForSleep = (clock: Clock, onJump: () => void): (() => void) => {
  let cancel: () => void = () => undefined;
  const tick = (): void => {
    const before = clock.now();
    cancel = clock.after(TICK_MS, () => {
      const passed = clock.now() - before;
      tick();
      if (Math.abs(passed - TICK_MS) > SLACK_MS) onJump();
    });
  };
  tick();
  return () => {
    cancel();
  };
};
