import { describe, expect, it } from '@jest/globals';
import { Backoff } from './backoff.js';

describe('Backoff', () => {
  it('doubles its ceiling up to a minute and starts again after a reset', () => {
    const backoff = new Backoff(() => 1 - 2 ** -53);
    const ceilings = Array.from({ length: 9 }, () => backoff.nextDelayMs() + 1);
    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    backoff.reset();
    expect(backoff.nextDelayMs()).toBe(999);
  });

  it('stays at the ceiling however long a server is away', () => {
    const backoff = new Backoff(() => 0.5);
    for (let failure = 0; failure < 5_000; failure += 1) backoff.nextDelayMs();
    expect(backoff.nextDelayMs()).toBe(30_000);
  });

  it('spreads over the whole span by itself', () => {
    const delays = Array.from({ length: 2_000 }, () => {
      const backoff = new Backoff();
      for (let failure = 0; failure < 6; failure += 1) backoff.nextDelayMs();
      return backoff.nextDelayMs();
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(60_000);
    const inLowestQuarter = delays.filter((delay) => delay < 15_000).length;
    const inHighestQuarter = delays.filter((delay) => delay >= 45_000).length;
    // 500 expected; the odds of leaving this span by chance are below one in a million.
    for (const count of [inLowestQuarter, inHighestQuarter]) {
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
  });
});
