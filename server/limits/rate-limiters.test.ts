import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Secret } from '@sotto/crypto/server';
import { Redis } from 'ioredis';
import { LocalRateLimiter, RATE_LIMITS, type RateLimiter, type RateLimitName } from '../domain/rate-limit.js';
import { createLog } from '../log.js';
import { openStorage } from '../storage/open-storage.js';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { hasRedis, startPrivateRedis, type PrivateRedis } from '../testing/private-redis.js';
import { TestClock } from '../testing/client/test-servers.js';
import { bucketNamesUnder } from './bucket-name.js';
import { DurableRateLimiter } from './durable-rate-limiter.js';
import { RedisRateLimiter } from './redis-rate-limiter.js';

const bucketName = bucketNamesUnder(new Secret('salt key', new Uint8Array(32).fill(3)));
const log = createLog('error', { write: () => undefined });

const takeMany = async (limiter: RateLimiter, limit: RateLimitName, key: string, count: number) => {
  const outcomes = await Promise.all(Array.from({ length: count }, async () => limiter.take(limit, key)));
  return outcomes.filter(({ type }) => type === 'allowed').length;
};

describeOnEveryDatabase('Limits that outlive a restart', (databases) => {
  const open = async (url: string, clock: TestClock) => {
    const storage = await openStorage(url);
    const local = new LocalRateLimiter(() => clock.now(), 1);
    const limiter = new DurableRateLimiter({
      rateBuckets: storage.rateBuckets,
      local,
      bucketName,
      clock: clock.now,
      factor: 1,
    });
    return { limiter, storage };
  };

  it('allow the burst, refuse one more, of many at once, and after a restart too; then refill', async () => {
    const { url } = await databases.open();
    const clock = new TestClock();
    const before = await open(url, clock);
    const { burst, everyMs } = RATE_LIMITS.signInFailure;
    expect(await takeMany(before.limiter, 'signInFailure', 'anna', burst + 20)).toBe(burst);
    await before.storage.close();
    const after = await open(url, clock);
    const outcome = await after.limiter.take('signInFailure', 'anna');
    expect(outcome).toMatchObject({ type: 'limited' });
    if (outcome.type === 'limited') expect(outcome.retryAfterMs).toBeLessThanOrEqual(everyMs);
    expect(await takeMany(after.limiter, 'signInFailure', 'boris', 1)).toBe(1);
    clock.offsetMs += everyMs;
    expect(await takeMany(after.limiter, 'signInFailure', 'anna', 3)).toBe(1);
    await after.storage.close();
  });

  it('give back what did not count, and are forgotten once they are full', async () => {
    const { url } = await databases.open();
    const clock = new TestClock();
    const { limiter, storage } = await open(url, clock);
    expect(await takeMany(limiter, 'register', 'a', 6)).toBe(6);
    await limiter.giveBack('register', 'a');
    expect(await takeMany(limiter, 'register', 'a', 2)).toBe(1);
    clock.offsetMs += 86_400_000;
    await storage.rateBuckets.deleteFull(clock.now());
    expect(await takeMany(limiter, 'register', 'a', 7)).toBe(6);
    await storage.close();
  });
});

const suite = hasRedis() || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasRedis()) process.stderr.write('Limits on Redis: not run, because redis-server is not installed\n');

suite('Limits on Redis', () => {
  let redis: PrivateRedis;
  const limiters: RedisRateLimiter[] = [];
  beforeAll(async () => {
    redis = await startPrivateRedis();
  });
  afterAll(async () => {
    for (const limiter of limiters) limiter.close();
    await redis.stop();
  });

  const limiterOn = async (url: string): Promise<RedisRateLimiter> => {
    const fallback = new LocalRateLimiter(() => performance.now(), 1);
    const limiter = new RedisRateLimiter({ url, bucketName, fallback, factor: 1, log });
    limiters.push(limiter);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return limiter;
  };

  it('are shared by processes: of many at once the burst is allowed, whoever asks', async () => {
    const [one, other] = [await limiterOn(redis.url), await limiterOn(redis.url)];
    const name = randomBytes(8).toString('hex');
    const { burst } = RATE_LIMITS.register;
    const [mine, theirs] = await Promise.all([
      takeMany(one, 'register', name, burst),
      takeMany(other, 'register', name, burst),
    ]);
    expect(mine + theirs).toBe(burst);
    await one.giveBack('register', name);
    expect(await takeMany(other, 'register', name, 2)).toBe(1);
  });

  it('are leased where they are asked for often, and never more than the burst together', async () => {
    const [one, other] = [await limiterOn(redis.url), await limiterOn(redis.url)];
    const name = randomBytes(8).toString('hex');
    let allowed = 0;
    for (let index = 0; index < RATE_LIMITS.send.burst; index += 1) {
      allowed += await takeMany(one, 'send', name, 1);
      allowed += await takeMany(other, 'send', name, 1);
    }
    // What has refilled meanwhile comes on top.
    expect(allowed).toBeGreaterThanOrEqual(RATE_LIMITS.send.burst);
    expect(allowed).toBeLessThanOrEqual(RATE_LIMITS.send.burst + 3);
  });

  it('tell Redis neither names nor addresses', async () => {
    const limiter = await limiterOn(redis.url);
    await limiter.take('signInFailure', '192.0.2.7 canary_name');
    const reader = new Redis(redis.url);
    const keys = await reader.keys('*');
    reader.disconnect();
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join(' ')).not.toMatch(/192\.0\.2\.7|canary/);
  });

  it('are counted by the process alone while Redis is away', async () => {
    const limiter = await limiterOn('redis://127.0.0.1:1');
    expect(await takeMany(limiter, 'register', 'x', 10)).toBe(RATE_LIMITS.register.burst);
  });
});
