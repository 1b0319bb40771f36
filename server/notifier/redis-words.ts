import type { Redis } from 'ioredis';
import type { Log } from '../log.js';

const PUBLISH_AGAIN_MS = 1_000;

interface Words {
  /** The newest position of a mailbox; 0: none is to be said. */
  upTo: number;
  /** Whatever else is to be said, each once. */
  readonly texts: Set<string>;
}

/** What is to be said over Redis. It gathers while a pipeline is under way or Redis is away, at most a few words a channel. */
export class RedisWords {
  readonly #publisher: Redis;
  readonly #log: Log;
  #words = new Map<string, Words>();
  #publishing: Promise<void> | undefined;
  #closed = false;

  constructor(publisher: Redis, log: Log) {
    this.#publisher = publisher;
    this.#log = log;
    publisher.on('error', (error: unknown) => log.warn('notifier.redisAway', { error }));
    publisher.on('ready', () => this.#publish());
  }

  position(channel: string, upTo: number): void {
    const words = this.#on(channel);
    words.upTo = Math.max(words.upTo, upTo);
    this.#publish();
  }

  say(channel: string, text: string): void {
    this.#on(channel).texts.add(text);
    this.#publish();
  }

  /** Says what is left to say, if Redis is there. */
  async close(): Promise<void> {
    await this.#publishing;
    this.#closed = true;
    this.#publisher.disconnect();
  }

  #on(channel: string): Words {
    const words = this.#words.get(channel) ?? { upTo: 0, texts: new Set<string>() };
    this.#words.set(channel, words);
    return words;
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
      const said = this.#words;
      this.#words = new Map();
      try {
        await this.#send(said);
      } catch (error) {
        this.#takeBack(said);
        this.#log.warn('notifier.publishFailed', { error, count: said.size });
        // A connection that was lost says so by `ready` when it is back; a Redis that refuses to publish says nothing.
        setTimeout(() => this.#publish(), PUBLISH_AGAIN_MS).unref();
        return;
      }
    }
  }

  #takeBack(said: ReadonlyMap<string, Words>): void {
    for (const [channel, { upTo, texts }] of said) {
      const words = this.#on(channel);
      words.upTo = Math.max(words.upTo, upTo);
      for (const text of texts) words.texts.add(text);
    }
  }

  async #send(said: ReadonlyMap<string, Words>): Promise<void> {
    const pipeline = this.#publisher.pipeline();
    for (const [channel, { upTo, texts }] of said) {
      if (upTo > 0) pipeline.publish(channel, String(upTo));
      for (const text of texts) pipeline.publish(channel, text);
    }
    const results = await pipeline.exec();
    const failure = results?.find(([error]) => error !== null)?.[0];
    if (failure !== undefined && failure !== null) throw failure;
  }
}
