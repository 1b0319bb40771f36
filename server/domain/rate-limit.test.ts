import { describe, expect, it } from '@jest/globals';
import { LocalRateLimiter, RATE_LIMITS, type RateLimiter, type RateLimitName } from './rate-limit.js';

const limiterAt = (factor = 1) => {
  const time = { nowMs: 1_000_000 };
  const limiter: RateLimiter = new LocalRateLimiter(() => time.nowMs, factor);
  return { time, limiter };
};

const takeMany = async (limiter: RateLimiter, limit: RateLimitName, key: string, count: number) => {
  const outcomes: string[] = [];
  for (let index = 0; index < count; index += 1) outcomes.push((await limiter.take(limit, key)).type);
  return outcomes;
};

describe('LocalRateLimiter', () => {
  it.each(Object.keys(RATE_LIMITS) as RateLimitName[])(
    '%s: allows the burst, refuses one more, refills by one, leaves others alone',
    async (limit) => {
      const { limiter, time } = limiterAt();
      const { burst, everyMs } = RATE_LIMITS[limit];
      expect(await limiter.take(limit, 'anna', burst)).toEqual({ type: 'allowed' });
      expect(await limiter.take(limit, 'anna')).toEqual({ type: 'limited', retryAfterMs: Math.ceil(everyMs) });
      expect(await limiter.take(limit, 'boris')).toEqual({ type: 'allowed' });
      time.nowMs += everyMs;
      expect(await takeMany(limiter, limit, 'anna', 2)).toEqual(['allowed', 'limited']);
    },
  );

  it('never holds more than the burst, however long nobody came', async () => {
    const { limiter, time } = limiterAt();
    await limiter.take('register', 'a');
    time.nowMs += 365 * 86_400_000;
    expect((await takeMany(limiter, 'register', 'a', 7)).filter((type) => type === 'allowed')).toHaveLength(6);
  });

  it('gives back what did not count, but no more than there can be', async () => {
    const { limiter } = limiterAt();
    await takeMany(limiter, 'signInFailure', 'a', 5);
    await limiter.giveBack('signInFailure', 'a');
    expect(await takeMany(limiter, 'signInFailure', 'a', 2)).toEqual(['allowed', 'limited']);
    await limiter.giveBack('signInFailure', 'b', 100);
    expect((await takeMany(limiter, 'signInFailure', 'b', 6)).at(-1)).toBe('limited');
  });

  it('multiplies burst and refill by the factor', async () => {
    const { limiter, time } = limiterAt(10);
    expect(await limiter.take('register', 'a', 60)).toEqual({ type: 'allowed' });
    expect((await limiter.take('register', 'a')).type).toBe('limited');
    time.nowMs += 3_000;
    expect((await limiter.take('register', 'a')).type).toBe('allowed');
  });

  it('forgets the oldest keys instead of growing without end', async () => {
    const { limiter } = limiterAt();
    await takeMany(limiter, 'register', 'first', 7);
    for (let index = 0; index < 200_000; index += 1) await limiter.take('connect', String(index));
    expect((await limiter.take('register', 'first')).type).toBe('allowed');
  });
});
