import { Redis } from 'ioredis';
import { drawOf, type LimitOutcome, type RateLimiter, type RateLimitName } from '../domain/rate-limit.js';
import type { Log } from '../log.js';
import type { BucketName } from './bucket-name.js';

const PREFIX = 'sotto:limit:';
const RETRY_MOST_MS = 2_000;
/** Nobody waits longer for a counter: the process counts alone then. */
const COMMAND_TIMEOUT_MS = 500;
const DISCONNECT_TIMEOUT_MS = 200;

/**
 * The generic cell rate algorithm: a bucket is the time at which it is full again, by the clock of Redis. Answers milliseconds to
 * wait, 0 if it was taken.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
local over = full - now - tonumber(ARGV[2])
if over > 0 then return math.ceil(over) end
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 0`;

const GIVE_BACK = `
local full = redis.call('GET', KEYS[1])
if full then redis.call('SET', KEYS[1], string.format('%.3f', tonumber(full) - tonumber(ARGV[1])), 'KEEPTTL') end
return 0`;

/**
 * Taken from Redis so many at once, and spent here: a question a message would cost more than the message. A process that ends
 * takes what it has not spent with it, which errs on the safe side.
 */
const LEASES: Partial<Readonly<Record<RateLimitName, number>>> = {
  send: 10,
  sendBytes: 512 * 1024,
  connect: 5,
  call: 50,
};
const LEASES_MOST = 100_000;

export interface RedisRateLimiterParts {
  readonly url: string;
  readonly bucketName: BucketName;
  /** Counts while Redis is away. */
  readonly fallback: RateLimiter;
  readonly factor: number;
  readonly log: Log;
}

/** Counters that all processes share. */
export class RedisRateLimiter implements RateLimiter {
  readonly #parts: RedisRateLimiterParts;
  readonly #redis: Redis;
  readonly #leases = new Map<string, number>();
  #isAway = false;

  constructor(parts: RedisRateLimiterParts) {
    this.#parts = parts;
    this.#redis = new Redis(parts.url, {
      retryStrategy: (attempts: number) => Math.min(attempts * 50, RETRY_MOST_MS),
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    });
    this.#redis.on('error', (error: unknown) => this.#noteAway(error));
    this.#redis.on('ready', () => (this.#isAway = false));
  }

  take(limit: RateLimitName, key: string, amount = 1): LimitOutcome | Promise<LimitOutcome> {
    const name = `${limit} ${key}`;
    const left = this.#leases.get(name) ?? 0;
    if (left < amount) return this.#takeShared(limit, key, amount);
    this.#leases.set(name, left - amount);
    return { type: 'allowed' };
  }

  async #takeShared(limit: RateLimitName, key: string, amount: number): Promise<LimitOutcome> {
    const name = `${limit} ${key}`;
    try {
      const lease = LEASES[limit] ?? 0;
      if (lease > amount && (await this.#draw(limit, key, lease)) === 0) {
        this.#keepLease(name, (this.#leases.get(name) ?? 0) + lease - amount);
        return { type: 'allowed' };
      }
      const waitMs = await this.#draw(limit, key, amount);
      return waitMs === 0 ? { type: 'allowed' } : { type: 'limited', retryAfterMs: waitMs };
    } catch (error) {
      this.#noteAway(error);
      return this.#parts.fallback.take(limit, key, amount);
    }
  }

  async giveBack(limit: RateLimitName, key: string, amount = 1): Promise<void> {
    try {
      const { refillMs } = drawOf(limit, amount, this.#parts.factor);
      await this.#redis.eval(GIVE_BACK, 1, this.#nameOf(limit, key), refillMs);
    } catch (error) {
      this.#noteAway(error);
      await this.#parts.fallback.giveBack(limit, key, amount);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #draw(limit: RateLimitName, key: string, amount: number): Promise<number> {
    const { refillMs, emptyMs } = drawOf(limit, amount, this.#parts.factor);
    const answer: unknown = await this.#redis.eval(TAKE, 1, this.#nameOf(limit, key), refillMs, emptyMs);
    if (typeof answer !== 'number') throw new Error('Redis answered a draw with something else than a number.');
    return answer;
  }

  #nameOf(limit: RateLimitName, key: string): string {
    return PREFIX + this.#parts.bucketName(limit, key).toString('base64url');
  }

  #keepLease(name: string, tokens: number): void {
    if (this.#leases.size >= LEASES_MOST) this.#leases.clear();
    this.#leases.set(name, tokens);
  }

  /** Once until it is back: a line for every message would bury the log. */
  #noteAway(error: unknown): void {
    if (!this.#isAway) this.#parts.log.warn('limits.redisAway', { error });
    this.#isAway = true;
  }
}
