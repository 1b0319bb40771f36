import { decodeClientFrame, type ClientFrameBody, type ServerFrameBody } from '@sotto/protocol/wire';
import type { RawData, WebSocket } from 'ws';
import { refusalFor } from '../domain/fault.js';
import { refuse, type Refusal } from '../domain/outcome.js';
import { limited, type RateLimiter } from '../domain/rate-limit.js';
import { CLOSE, type Channel } from './channel.js';

/** Requests of one socket under way; beyond them the socket is not read. */
const OPEN_MOST = 64;
/** Wrong frames of one socket, after which it is closed. */
const ABUSES_MOST = 10;

export type Answer = ServerFrameBody | Refusal;
export interface Accepted {
  readonly answer?: Promise<Answer>;
}

/**
 * Takes the requests of one socket one after the other. `accept` resolves when the next may be taken, with an answer that may
 * come later: sends keep their order without waiting for each other's commit. No answer: the handler has answered itself.
 */
export interface RequestHandler {
  accept(requestId: number, body: ClientFrameBody): Promise<Accepted>;
}

export interface RequestLoopParts {
  readonly socket: WebSocket;
  readonly channel: Channel;
  readonly handler: RequestHandler;
  readonly limiter: RateLimiter;
  /** What frames are counted under until {@link RequestLoop.countUnder} says better. */
  readonly socketId: string;
}

const TEXT_REFUSED = refuse('badRequest', 'Frames are binary protobuf; text is not understood.');
const STOPPING = refuse('serverBusy', 'The server is stopping. Connect again.', 1_000);

const bytesOf = (data: RawData): Uint8Array => {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
};

/** The receiving half of one socket: decodes, refuses what is wrong, and keeps order, bounds and count of what is under way. */
export class RequestLoop {
  readonly #parts: RequestLoopParts;
  #countedUnder: string;
  #lane: Promise<void> = Promise.resolve();
  #open = 0;
  #abuses = 0;
  #stopping = false;
  #idle: (() => void) | undefined;

  constructor(parts: RequestLoopParts) {
    this.#parts = parts;
    this.#countedUnder = parts.socketId;
    parts.socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
  }

  /** Who it is has turned out: whoever was closed for too many frames must not start anew with the next socket. */
  countUnder(name: string): void {
    this.#countedUnder = name;
  }

  /** From now on requests are refused. Resolves once those under way have been answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    // Closed by this side: what the other had sent before it noticed is not worth decoding.
    if (!this.#parts.channel.isOpen) return;
    if (!isBinary) {
      this.#parts.channel.refuse(0, TEXT_REFUSED);
      this.#parts.channel.close(CLOSE.unsupported);
      return;
    }
    const { requestId, body } = decodeClientFrame(bytesOf(data));
    if (body.type === 'invalid') this.#refuseAbuse(requestId, refuse('badRequest', `Frame refused: ${body.reason}.`));
    else this.#begin(requestId, body);
  }

  #begin(requestId: number, body: ClientFrameBody): void {
    this.#open += 1;
    if (this.#open === OPEN_MOST) this.#parts.socket.pause();
    this.#lane = this.#lane.then(() => this.#take(requestId, body));
  }

  #end(): void {
    this.#open -= 1;
    if (this.#open === OPEN_MOST / 2 && this.#parts.channel.isOpen) this.#parts.socket.resume();
    if (this.#open === 0) this.#idle?.();
  }

  async #take(requestId: number, body: ClientFrameBody): Promise<void> {
    try {
      const { answer } = await this.#accept(requestId, body);
      if (answer !== undefined) {
        // Not waited for: the next request may be taken before this one is answered.
        void this.#answer(requestId, answer);
        return;
      }
    } catch (fault) {
      this.#parts.channel.refuse(requestId, refusalFor(fault), fault);
    }
    this.#end();
  }

  async #accept(requestId: number, body: ClientFrameBody): Promise<Accepted> {
    const { limiter, handler } = this.#parts;
    if (!this.#parts.channel.isOpen) return {};
    if (this.#stopping) return { answer: Promise.resolve(STOPPING) };
    const limit = await limiter.take('frames', this.#countedUnder);
    if (limit.type === 'allowed') return handler.accept(requestId, body);
    this.#refuseAbuse(requestId, limited(limit.retryAfterMs));
    return {};
  }

  async #answer(requestId: number, pending: Promise<Answer>): Promise<void> {
    const { channel } = this.#parts;
    try {
      const answer = await pending;
      if (answer.type === 'refused') channel.refuse(requestId, answer);
      else if (requestId !== 0) channel.send(requestId, answer);
    } catch (fault) {
      channel.refuse(requestId, refusalFor(fault), fault);
    } finally {
      this.#end();
    }
  }

  #refuseAbuse(requestId: number, refusal: Refusal): void {
    this.#parts.channel.refuse(requestId, refusal);
    this.#abuses += 1;
    if (this.#abuses >= ABUSES_MOST) this.#parts.channel.close(CLOSE.policy);
  }
}
