import {
  decodeServerFrame,
  encodeClientFrame,
  LIMITS,
  type ClientFrameBody,
  type ServerFrameBody,
} from '@sotto/protocol/wire';
import { WebSocket, type RawData } from 'ws';
import type { Clock } from './clock.js';

const OPEN_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 20_000;
const PROBE_MS = 5_000;
const REQUEST_ID_MOST = 0xffffffff;

/** What the server sends of itself. */
export type Push = Extract<ServerFrameBody, { type: 'deliver' | 'mailboxEmpty' | 'moving' | 'failure' | 'notice' }>;
/** What answers a request. */
export type Answer = Extract<
  ServerFrameBody,
  { type: 'authenticated' | 'accepted' | 'mismatchedDevices' | 'acknowledged' | 'failure' }
>;

/** Why a socket ended, for the log. */
export type Closure = 'byUs' | 'byServer' | 'silent' | 'protocol' | 'unreachable';

interface FrameSocketOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly onPush: (push: Push) => void;
}

/**
 * One WebSocket that carries frames: a request finds its answer by id, silence is noticed, and a frame that is not of the
 * protocol ends it. It never shares a connection, an agent or a cookie with another socket.
 */
export class FrameSocket {
  /** Resolves once, when nothing more comes or goes. */
  readonly closed: Promise<Closure>;
  /** `false` where it never opened. */
  readonly opened: Promise<boolean>;

  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #onPush: (push: Push) => void;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #lastRequestId = 0;
  #heard = true;
  #closure: Closure | undefined;
  #stopHeartbeat: () => void = () => undefined;

  constructor({ url, clock, onPush }: FrameSocketOptions) {
    this.#clock = clock;
    this.#onPush = onPush;
    this.#socket = new WebSocket(url, {
      // Compression would let sizes tell about what stands beside a secret, and costs memory for each connection.
      perMessageDeflate: false,
      maxPayload: LIMITS.frameBytes,
      followRedirects: false,
      rejectUnauthorized: true,
    });
    let hasOpened = false;
    this.opened = new Promise((resolve) => {
      this.#socket.once('open', () => {
        hasOpened = true;
        this.#beat();
        resolve(true);
      });
      this.#socket.once('close', () => {
        resolve(false);
      });
    });
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#forgetEverything();
        resolve(this.#closure ?? (hasOpened ? 'byServer' : 'unreachable'));
      });
    });
    this.#stopHeartbeat = clock.after(OPEN_TIMEOUT_MS, () => {
      this.#end('unreachable');
    });
    // `close` always follows and says all that matters.
    this.#socket.on('error', () => undefined);
    this.#socket.on('pong', () => {
      this.#heard = true;
    });
    this.#socket.on('ping', () => {
      this.#heard = true;
    });
    this.#socket.on('message', (raw, isBinary) => {
      this.#receive(raw, isBinary);
    });
  }

  get isOpen(): boolean {
    return this.#closure === undefined && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Nothing comes or goes any more, even if `closed` has yet to say so. */
  get hasEnded(): boolean {
    return this.#closure !== undefined || this.#socket.readyState >= WebSocket.CLOSING;
  }

  /** Resolves to `undefined` where the socket ends before the answer: whether the server acted is not known. */
  request(body: ClientFrameBody): Promise<Answer | undefined> {
    if (!this.isOpen) return Promise.resolve(undefined);
    this.#lastRequestId = this.#lastRequestId === REQUEST_ID_MOST ? 1 : this.#lastRequestId + 1;
    const requestId = this.#lastRequestId;
    const frame = encodeClientFrame({ requestId, body });
    if (frame.length > LIMITS.frameBytes) {
      return Promise.resolve({
        type: 'failure',
        code: 'payloadTooLarge',
        message: 'the frame is too large to be sent',
        errorId: '',
        retryAfterMs: 0,
      });
    }
    return new Promise((resolve) => {
      const cancelTimeout = this.#clock.after(ANSWER_TIMEOUT_MS, () => {
        this.#end('silent');
      });
      this.#waiting.set(requestId, (answer) => {
        this.#waiting.delete(requestId);
        cancelTimeout();
        resolve(answer);
      });
      this.#socket.send(frame);
    });
  }

  /** Finds out soon whether the other end is still there: after a sleep, a dead connection looks alive. */
  probe(): void {
    if (!this.isOpen) return;
    this.#stopHeartbeat();
    this.#heard = false;
    this.#socket.ping();
    this.#stopHeartbeat = this.#clock.after(PROBE_MS, () => {
      if (this.#heard) this.#beat();
      else this.#end('silent');
    });
  }

  /** @param closure - `protocol` where what the server said made no sense */
  close(closure: 'byUs' | 'protocol' = 'byUs'): void {
    this.#end(closure);
  }

  #beat(): void {
    this.#stopHeartbeat();
    this.#heard = false;
    this.#socket.ping();
    this.#stopHeartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      if (this.#heard) this.#beat();
      else this.#end('silent');
    });
  }

  #receive(raw: RawData, isBinary: boolean): void {
    if (this.#closure !== undefined) return;
    this.#heard = true;
    if (!isBinary || !Buffer.isBuffer(raw)) {
      this.#end('protocol');
      return;
    }
    const { requestId, body } = decodeServerFrame(raw);
    switch (body.type) {
      case 'invalid':
        this.#end('protocol');
        return;
      case 'unknown':
        return;
      case 'deliver':
      case 'mailboxEmpty':
      case 'moving':
      case 'notice':
        this.#onPush(body);
        return;
      case 'failure':
        if (requestId === 0) this.#onPush(body);
        else this.#waiting.get(requestId)?.(body);
        return;
      case 'authenticated':
      case 'accepted':
      case 'mismatchedDevices':
      case 'acknowledged':
        this.#waiting.get(requestId)?.(body);
        return;
    }
  }

  #end(closure: Closure): void {
    if (this.#closure !== undefined) return;
    this.#closure = closure;
    this.#forgetEverything();
    // A goodbye would wait for a peer that may be gone; the server loses nothing, since only acknowledged mail is deleted.
    this.#socket.terminate();
  }

  #forgetEverything(): void {
    this.#stopHeartbeat();
    for (const settle of [...this.#waiting.values()]) settle(undefined);
  }
}
