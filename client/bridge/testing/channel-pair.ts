import type { MessageChannel } from '../channel.js';

interface End extends MessageChannel {
  deliver(text: string): void;
  end(): void;
}

const createEnd = (other: () => End): End => {
  let receiver: ((text: string) => void | Promise<void>) | undefined;
  let ended = false;
  const queued: string[] = [];
  const listeners: (() => void)[] = [];
  return {
    deliver: (text) => {
      if (receiver === undefined) queued.push(text);
      else void receiver(text);
    },
    end: () => {
      if (ended) return;
      ended = true;
      for (const listener of listeners) listener();
    },
    send: (text) => {
      if (ended) throw new Error('the channel is closed');
      queueMicrotask(() => other().deliver(text));
    },
    receive: (next) => {
      receiver = next;
      for (const text of queued.splice(0)) void next(text);
    },
    closed: (listener) => {
      if (ended) listener();
      else listeners.push(listener);
    },
    close() {
      this.end();
      other().end();
    },
  };
};

/** Two ends in one process: what one sends, the other receives in a later microtask, in order. */
export const channelPair = (): readonly [MessageChannel, MessageChannel] => {
  const left: End = createEnd(() => right);
  const right: End = createEnd(() => left);
  return [left, right];
};
