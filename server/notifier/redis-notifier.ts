import { setTimeout as pause } from 'node:timers/promises';
import { parseDeviceId, type DeviceId } from '@sotto/protocol/ids';
import { Redis } from 'ioredis';
import type { Log } from '../log.js';
import { LocalNotifier } from './local-notifier.js';
import type { DeviceListener, FreshMail, Notifier } from './notifier.js';

const CHANNEL_PREFIX = 'sotto:device:';
/** Said on a device's channel in place of a position. */
const STANDING = 'standing';
const POSITION = /^\d{1,16}$/;
const RETRY_MOST_MS = 2_000;
const DISCONNECT_TIMEOUT_MS = 200;
const SUBSCRIBE_TIMEOUT_MS = 2_000;
const CHANNELS_AT_ONCE = 1_000;
const PUBLISH_AGAIN_MS = 1_000;

const channelOf = (deviceId: DeviceId): string => CHANNEL_PREFIX + deviceId;

const deviceOf = (channel: string): DeviceId | undefined => parseDeviceId(channel.slice(CHANNEL_PREFIX.length));

interface Word {
  upTo: number;
  standing: boolean;
}

/**
 * Wakes sockets in other processes over Redis. Redis holds nothing and is told device ids and positions alone; while it is away,
 * words wait here (one a device), and when it is back, every socket of this process looks into its mailbox.
 */
export class RedisNotifier implements Notifier {
  readonly #local = new LocalNotifier();
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #log: Log;
  /** Subscriptions that Redis has not confirmed yet: a second socket of one device waits for the same one. */
  readonly #subscribing = new Map<DeviceId, Promise<void>>();
  #words = new Map<DeviceId, Word>();
  #publishing: Promise<void> | undefined;
  #closed = false;

  constructor(url: string, log: Log) {
    this.#log = log;
    const retryStrategy = (attempts: number) => Math.min(attempts * 50, RETRY_MOST_MS);
    const options = {
      retryStrategy,
      // Commands do not queue inside the client while Redis is away: what is to be said then stands in `#words`, once a device.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // A connection that was refused is not waited for at the end.
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    };
    this.#publisher = new Redis(url, options);
    // Subscriptions are made again by hand, together with the look into the mailboxes that has to come after them.
    this.#subscriber = new Redis(url, { ...options, autoResubscribe: false });
    this.#publisher.on('error', (error: unknown) => log.warn('notifier.redisAway', { error }));
    this.#subscriber.on('error', (error: unknown) => log.warn('notifier.redisAway', { error }));
    this.#publisher.on('ready', () => this.#publish());
    this.#subscriber.on('ready', () => void this.#resubscribe());
    this.#subscriber.on('message', (channel: string, text: string) => this.#hear(channel, text));
  }

  async subscribe(deviceId: DeviceId, listener: DeviceListener): Promise<() => void> {
    const isFirst = !this.#local.has(deviceId);
    const stop = this.#local.listen(deviceId, listener);
    if (isFirst) {
      const subscribing = this.#subscribeTo([deviceId]).finally(() => {
        if (this.#subscribing.get(deviceId) === subscribing) this.#subscribing.delete(deviceId);
      });
      this.#subscribing.set(deviceId, subscribing);
    }
    await this.#subscribing.get(deviceId);
    return () => {
      stop();
      if (!this.#local.has(deviceId)) this.#unsubscribeFrom(deviceId);
    };
  }

  arrived(mail: readonly FreshMail[]): void {
    this.#local.arrived(mail);
    for (const { deviceId, envelopes } of mail) {
      const word = this.#wordFor(deviceId);
      word.upTo = Math.max(word.upTo, envelopes.at(-1)?.position ?? 0);
    }
    this.#publish();
  }

  ended(deviceId: DeviceId): void {
    this.#local.ended(deviceId);
    this.#wordFor(deviceId).standing = true;
    this.#publish();
  }

  /** Says what is left to say, if Redis is there, and ends both connections. */
  async close(): Promise<void> {
    await this.#publishing;
    this.#closed = true;
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
    await this.#local.close();
  }

  #wordFor(deviceId: DeviceId): Word {
    const word = this.#words.get(deviceId) ?? { upTo: 0, standing: false };
    this.#words.set(deviceId, word);
    return word;
  }

  #publish(): void {
    if (this.#closed) return;
    this.#publishing ??= this.#publishAll().finally(() => {
      this.#publishing = undefined;
    });
  }

  async #publishAll(): Promise<void> {
    // What gathers while one pipeline is under way goes into the next.
    while (this.#words.size > 0 && this.#publisher.status === 'ready') {
      const words = this.#words;
      this.#words = new Map();
      try {
        await this.#say(words);
      } catch (error) {
        for (const [deviceId, { upTo, standing }] of words) {
          const word = this.#wordFor(deviceId);
          word.upTo = Math.max(word.upTo, upTo);
          word.standing ||= standing;
        }
        this.#log.warn('notifier.publishFailed', { error, count: words.size });
        // A connection that was lost says so by `ready` when it is back; a Redis that refuses to publish says nothing.
        setTimeout(() => this.#publish(), PUBLISH_AGAIN_MS).unref();
        return;
      }
    }
  }

  async #say(words: ReadonlyMap<DeviceId, Word>): Promise<void> {
    const pipeline = this.#publisher.pipeline();
    for (const [deviceId, { upTo, standing }] of words) {
      if (upTo > 0) pipeline.publish(channelOf(deviceId), String(upTo));
      if (standing) pipeline.publish(channelOf(deviceId), STANDING);
    }
    const results = await pipeline.exec();
    const failure = results?.find(([error]) => error !== null)?.[0];
    if (failure !== undefined && failure !== null) throw failure;
  }

  #hear(channel: string, text: string): void {
    const deviceId = deviceOf(channel);
    if (deviceId === undefined) return;
    if (text === STANDING) this.#local.ended(deviceId);
    else if (POSITION.test(text)) this.#local.waiting(deviceId, Number(text));
  }

  /** Resolves when subscribed, or when that has to wait until Redis is back: the look into the mailbox then makes it good. */
  async #subscribeTo(deviceIds: readonly DeviceId[]): Promise<void> {
    if (this.#subscriber.status !== 'ready') return;
    const confirmed = this.#subscriber.subscribe(...deviceIds.map(channelOf)).then(() => true);
    const tooLate = pause(SUBSCRIBE_TIMEOUT_MS, false, { ref: false });
    try {
      if (await Promise.race([confirmed, tooLate])) return;
      this.#log.warn('notifier.subscribeTooSlow', { count: deviceIds.length });
    } catch (error) {
      this.#log.warn('notifier.subscribeFailed', { error, count: deviceIds.length });
    }
    // A new connection subscribes to everything again.
    if (!this.#closed) this.#subscriber.disconnect(true);
  }

  #unsubscribeFrom(deviceId: DeviceId): void {
    if (this.#closed || this.#subscriber.status !== 'ready') return;
    this.#subscriber.unsubscribe(channelOf(deviceId)).catch((error: unknown) => {
      this.#log.warn('notifier.unsubscribeFailed', { error });
    });
  }

  async #resubscribe(): Promise<void> {
    const deviceIds = this.#local.deviceIds();
    for (let start = 0; start < deviceIds.length; start += CHANNELS_AT_ONCE) {
      await this.#subscribeTo(deviceIds.slice(start, start + CHANNELS_AT_ONCE));
    }
    this.#log.info('notifier.redisReady', { count: deviceIds.length });
    // Wake-ups of the time without Redis are lost: every socket looks for itself.
    for (const deviceId of deviceIds) {
      this.#local.waiting(deviceId, Number.MAX_SAFE_INTEGER);
      this.#local.ended(deviceId);
    }
  }
}
