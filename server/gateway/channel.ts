import type { Duplex } from 'node:stream';
import { encodeServerFrame, type SentServerFrameBody } from '@sotto/protocol/wire';
import type { WebSocket } from 'ws';
import type { Refusal } from '../domain/outcome.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { newRequestId } from '../request-id.js';

/** Mail waits in the database, not in memory, while so much is unsent. */
const CONGESTED_BYTES = 1_048_576;
/** A client that asks and does not read its answers is cut off. */
const UNSENT_MOST_BYTES = 4 * 1_048_576;
const RETRY_MOST_MS = 0xffff_ffff;

/** WebSocket close codes that this server uses (RFC 6455 §7.4.1). */
export const CLOSE = { normal: 1000, goingAway: 1001, unsupported: 1003, policy: 1008, internal: 1011 } as const;

const pooled = (length: number) => Buffer.allocUnsafe(length);
const SEND_OPTIONS = { binary: true, compress: false };

/** The sending half of one socket: frames, refusals, and how much of it has not left yet. */
export class Channel {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #log: Log;
  readonly #meter: Meter;
  #isCorked = false;

  constructor(socket: WebSocket, stream: Duplex, { log, meter }: { readonly log: Log; readonly meter: Meter }) {
    this.#socket = socket;
    this.#stream = stream;
    this.#log = log;
    this.#meter = meter;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get isCongested(): boolean {
    return this.#socket.bufferedAmount >= CONGESTED_BYTES;
  }

  send(requestId: number, body: SentServerFrameBody): void {
    if (!this.isOpen) return;
    this.#cork();
    this.#socket.send(encodeServerFrame({ requestId, body }, pooled), SEND_OPTIONS);
    if (this.#socket.bufferedAmount > UNSENT_MOST_BYTES) {
      this.#log.info('gateway.unsentLimit', { bytes: this.#socket.bufferedAmount });
      this.#socket.terminate();
    }
  }

  /** Answers a request with a refusal. `fault` is for the log, under the id that the caller is told. */
  refuse(requestId: number, refusal: Refusal, fault?: unknown): void {
    const errorId = newRequestId();
    this.#meter.count('sotto_socket_refusals_total', 1, refusal.code);
    if (fault === undefined) this.#log.debug('gateway.refused', { requestId: errorId, code: refusal.code });
    else this.#log.error('gateway.failed', { requestId: errorId, code: refusal.code, error: fault });
    this.send(requestId, {
      type: 'failure',
      code: refusal.code,
      message: refusal.message,
      errorId,
      retryAfterMs: Math.min(refusal.retryAfterMs ?? 0, RETRY_MOST_MS),
    });
  }

  /** Resolves once most of what is unsent has left, or the socket is gone. */
  async uncongested(): Promise<void> {
    while (this.isOpen && this.isCongested) await eitherOf(this.#stream, 'drain', 'close');
  }

  close(code: (typeof CLOSE)[keyof typeof CLOSE]): void {
    this.#socket.close(code);
  }

  /** Frames of one turn of the event loop leave in one write. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#stream.uncork();
    });
  }
}

const eitherOf = (stream: Duplex, ...events: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      for (const event of events) stream.off(event, settle);
      resolve();
    };
    for (const event of events) stream.on(event, settle);
    // Closed before anybody listened.
    if (stream.destroyed) settle();
  });
