import { setTimeout as pause } from 'node:timers/promises';
import { parseDeviceId, type DeviceId } from '@sotto/protocol/ids';
import { NOTICE_TOPICS, type NoticeTopic } from '@sotto/protocol/wire';
import { Redis } from 'ioredis';
import type { Log } from '../log.js';
import { LocalNotifier } from './local-notifier.js';
import type { DeviceListener, FreshMail, LinkName, Notifier } from './notifier.js';
import { RedisWords } from './redis-words.js';

const DEVICE_PREFIX = 'sotto:device:';
const LINK_PREFIX = 'sotto:link:';
/** Said on a device's channel in place of a position. */
const STANDING = 'standing';
const NOTICE_PREFIX = 'notice:';
/** All that is ever said on the channel of a link session. */
const CHANGED = 'changed';
const POSITION = /^\d{1,16}$/;
const RETRY_MOST_MS = 2_000;
const DISCONNECT_TIMEOUT_MS = 200;
const SUBSCRIBE_TIMEOUT_MS = 2_000;
const CHANNELS_AT_ONCE = 1_000;

const deviceChannel = (deviceId: DeviceId): string => DEVICE_PREFIX + deviceId;
const linkChannel = (link: LinkName): string => LINK_PREFIX + link;

/**
 * Wakes sockets and waiting calls in other processes over Redis. Redis holds nothing and is told device ids, positions, kinds of
 * notices and link session ids alone; while it is away, words wait here, and when it is back, everybody here looks for himself.
 */
export class RedisNotifier implements Notifier {
  readonly #local = new LocalNotifier();
  readonly #words: RedisWords;
  readonly #subscriber: Redis;
  readonly #log: Log;
  /** Subscriptions that Redis has not confirmed yet: a second socket of one device waits for the same one. */
  readonly #subscribing = new Map<string, Promise<void>>();
  #closed = false;

  constructor(url: string, log: Log) {
    this.#log = log;
    const retryStrategy = (attempts: number) => Math.min(attempts * 50, RETRY_MOST_MS);
    const options = {
      retryStrategy,
      // Commands do not queue inside the client while Redis is away: what is to be said then waits as words, once a channel.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // A connection that was refused is not waited for at the end.
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    };
    this.#words = new RedisWords(new Redis(url, options), log);
    // Subscriptions are made again by hand, together with the look into the mailboxes that has to come after them.
    this.#subscriber = new Redis(url, { ...options, autoResubscribe: false });
    this.#subscriber.on('error', (error: unknown) => log.warn('notifier.redisAway', { error }));
    this.#subscriber.on('ready', () => void this.#resubscribe());
    this.#subscriber.on('message', (channel: string, text: string) => this.#hear(channel, text));
  }

  subscribe(deviceId: DeviceId, listener: DeviceListener): Promise<() => void> {
    const { devices } = this.#local;
    return this.#listen(
      deviceChannel(deviceId),
      () => devices.has(deviceId),
      () => devices.add(deviceId, listener),
    );
  }

  subscribeLink(link: LinkName, onChange: () => void): Promise<() => void> {
    const { links } = this.#local;
    return this.#listen(
      linkChannel(link),
      () => links.has(link),
      () => links.add(link, onChange),
    );
  }

  arrived(mail: readonly FreshMail[]): void {
    this.#local.arrived(mail);
    for (const { deviceId, envelopes } of mail)
      this.#words.position(deviceChannel(deviceId), envelopes.at(-1)?.position ?? 0);
  }

  ended(deviceId: DeviceId): void {
    this.#local.ended(deviceId);
    this.#words.say(deviceChannel(deviceId), STANDING);
  }

  noticed(deviceIds: readonly DeviceId[], topic: NoticeTopic): void {
    this.#local.noticed(deviceIds, topic);
    for (const deviceId of deviceIds) this.#words.say(deviceChannel(deviceId), NOTICE_PREFIX + topic);
  }

  linkChanged(link: LinkName): void {
    this.#local.linkChanged(link);
    this.#words.say(linkChannel(link), CHANGED);
  }

  /** Says what is left to say, if Redis is there, and ends both connections. */
  async close(): Promise<void> {
    await this.#words.close();
    this.#closed = true;
    this.#subscriber.disconnect();
    await this.#local.close();
  }

  async #listen(channel: string, isHeard: () => boolean, add: () => () => void): Promise<() => void> {
    const isFirst = !isHeard();
    const stop = add();
    if (isFirst) {
      const subscribing = this.#subscribeTo([channel]).finally(() => {
        if (this.#subscribing.get(channel) === subscribing) this.#subscribing.delete(channel);
      });
      this.#subscribing.set(channel, subscribing);
    }
    await this.#subscribing.get(channel);
    return () => {
      stop();
      if (!isHeard()) this.#unsubscribeFrom(channel);
    };
  }

  #hear(channel: string, text: string): void {
    if (channel.startsWith(LINK_PREFIX)) {
      this.#local.linkChanged(channel.slice(LINK_PREFIX.length));
      return;
    }
    const deviceId = parseDeviceId(channel.slice(DEVICE_PREFIX.length));
    if (deviceId === undefined) return;
    if (text === STANDING) this.#local.ended(deviceId);
    else if (POSITION.test(text)) this.#local.waiting(deviceId, Number(text));
    else this.#hearNotice(deviceId, text);
  }

  #hearNotice(deviceId: DeviceId, text: string): void {
    const topic = NOTICE_TOPICS.find((known) => NOTICE_PREFIX + known === text);
    if (topic !== undefined) this.#local.noticed([deviceId], topic);
  }

  /** Resolves when subscribed, or when that has to wait until Redis is back: the look that comes then makes it good. */
  async #subscribeTo(channels: readonly string[]): Promise<void> {
    if (this.#subscriber.status !== 'ready') return;
    const confirmed = this.#subscriber.subscribe(...channels).then(() => true);
    const tooLate = pause(SUBSCRIBE_TIMEOUT_MS, false, { ref: false });
    try {
      if (await Promise.race([confirmed, tooLate])) return;
      this.#log.warn('notifier.subscribeTooSlow', { count: channels.length });
    } catch (error) {
      this.#log.warn('notifier.subscribeFailed', { error, count: channels.length });
    }
    // A new connection subscribes to everything again.
    if (!this.#closed) this.#subscriber.disconnect(true);
  }

  #unsubscribeFrom(channel: string): void {
    if (this.#closed || this.#subscriber.status !== 'ready') return;
    this.#subscriber.unsubscribe(channel).catch((error: unknown) => {
      this.#log.warn('notifier.unsubscribeFailed', { error });
    });
  }

  async #resubscribe(): Promise<void> {
    const { devices, links } = this.#local;
    const [deviceIds, linkNames] = [devices.keys(), links.keys()];
    const channels = [...deviceIds.map(deviceChannel), ...linkNames.map(linkChannel)];
    for (let start = 0; start < channels.length; start += CHANNELS_AT_ONCE) {
      await this.#subscribeTo(channels.slice(start, start + CHANNELS_AT_ONCE));
    }
    this.#log.info('notifier.redisReady', { count: deviceIds.length });
    // Wake-ups of the time without Redis are lost: everybody looks for himself.
    for (const deviceId of deviceIds) {
      this.#local.waiting(deviceId, Number.MAX_SAFE_INTEGER);
      this.#local.ended(deviceId);
    }
    for (const topic of NOTICE_TOPICS) this.#local.noticed(deviceIds, topic);
    for (const link of linkNames) this.#local.linkChanged(link);
  }
}
