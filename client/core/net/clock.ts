import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';

/** Time as the core sees it; handed in, so that tests own it. */
export interface Clock {
  now(): UnixMs;
  /** Runs `run` once after `delayMs`; returns the function that takes it back. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => {
    const now = parseUnixMs(Date.now());
    if (now === undefined) throw new Error('the clock of this machine shows no time that a date can hold');
    return now;
  },
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** A moment `delayMs` after `moment`, held at the last instant that a date can show. */
export const later = (moment: UnixMs, delayMs: number): UnixMs => parseUnixMs(moment + Math.round(delayMs)) ?? moment;
