import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';

/** Tells the time; handed in, so that tests can turn it. */
export type Clock = () => UnixMs;

/** `time` moved by so many milliseconds, never before 1970. */
export const laterBy = (time: UnixMs, byMs: number): UnixMs => {
  const moved = parseUnixMs(Math.max(0, time + byMs));
  if (moved === undefined) throw new RangeError('This time is beyond what a date can hold.');
  return moved;
};
