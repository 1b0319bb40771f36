import { describe, expect, it } from '@jest/globals';
import { START, unixMs } from '../testing/test-party.js';
import { isResetAllowed } from './session-repair.js';

const HOUR_MS = 3_600_000;

describe('resetting a session', () => {
  it.each([
    ['never done before', undefined, true],
    ['just done', START, false],
    ['almost an hour ago', unixMs(START - HOUR_MS + 1), false],
    ['an hour ago', unixMs(START - HOUR_MS), true],
    ['done in the future, by a clock that was wrong', unixMs(START + 1), true],
  ])('%s', (_, lastReset, allowed) => {
    expect(isResetAllowed(lastReset, START)).toBe(allowed);
  });
});
