import { parseUnixMs } from '@sotto/protocol/ids';
import type { Clock } from './clock.js';

export const systemClock: Clock = () => {
  const now = parseUnixMs(Date.now());
  if (now === undefined) throw new Error('The system clock shows a time before 1970.');
  return now;
};
