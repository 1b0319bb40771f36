import { SOCKETS, type SendFrame } from '@sotto/protocol/wire';
import type { Clock } from './clock.js';
import { FrameSocket } from './frame-socket.js';
import { readSendAnswer, unreachable } from './send-result.js';
import type { SendResult } from './types.js';

/**
 * Long enough for a conversation, short enough that presence on this socket says little; and longer than any request may take,
 * so that a request that is open is never older than this.
 */
const IDLE_MS = 60_000;

/**
 * The socket on which this device says nothing of itself: opened at the first anonymous send, closed when it has been idle. It
 * carries no token and reads no mail.
 */
export class AnonymousSocket {
  readonly #url: string;
  readonly #clock: Clock;
  #socket: FrameSocket | undefined;
  #cancelIdle: () => void = () => undefined;

  constructor(socketOrigin: string, clock: Clock) {
    this.#url = socketOrigin + SOCKETS.anonymous;
    this.#clock = clock;
  }

  async send(frame: SendFrame): Promise<SendResult> {
    this.#cancelIdle();
    if (this.#socket?.hasEnded !== false) this.#socket = this.#open();
    const socket = this.#socket;
    try {
      if (!(await socket.opened)) return unreachable;
      return readSendAnswer(socket, await socket.request(frame));
    } finally {
      this.#closeWhenIdle();
    }
  }

  /** After a sleep: a socket that no longer answers is closed, and the next send opens another. */
  probe(): void {
    this.#socket?.probe();
  }

  close(): void {
    this.#cancelIdle();
    this.#socket?.close();
  }

  #open(): FrameSocket {
    const socket: FrameSocket = new FrameSocket({
      url: this.#url,
      clock: this.#clock,
      // The server has nothing to say here but that it is moving.
      onPush: () => {
        socket.close();
      },
    });
    return socket;
  }

  #closeWhenIdle(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.#clock.after(IDLE_MS, () => {
      this.#socket?.close();
    });
  }
}
