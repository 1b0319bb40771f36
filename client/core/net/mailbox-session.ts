import { SOCKETS, type DeliveredEnvelope, type ErrorCode, type NoticeTopic } from '@sotto/protocol/wire';
import type { Clock } from './clock.js';
import { FrameSocket, type Push } from './frame-socket.js';
import { boundedRetryAfter } from './rest-client.js';
import type { ConnectionHandlers } from './types.js';

/** Mail that has come and waits for its handler; a server that pours faster than it is acknowledged is cut off. */
const QUEUE_BYTES_MOST = 64 * 1024 * 1024;

/** How one authenticated socket ended. */
export type SessionEnd =
  /** The server did not take the access token. */
  | { readonly how: 'tokenRefused'; readonly accessToken: string }
  | { readonly how: 'lost'; readonly cause: LossCause; readonly retryAfterMs: number }
  | { readonly how: 'moving'; readonly reconnectAfterMs: number };

/** For the log: never more than these words. */
export type LossCause =
  'unreachable' | 'byServer' | 'byUs' | 'silent' | 'protocol' | 'flood' | 'handlerFailed' | 'tokensAway' | ErrorCode;

interface MailboxSessionOptions {
  readonly socketOrigin: string;
  readonly clock: Clock;
  readonly accessToken: string;
  readonly handlers: ConnectionHandlers;
  /** The mailbox is empty and everything in it has been handled. */
  readonly onCaughtUp: () => void;
  /** Something of the own account has changed: a hint, which waits for nothing. */
  readonly onNotice: (topic: NoticeTopic) => void;
  readonly onHandlerFailure: (error: unknown) => void;
}

const TOKEN_REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unauthorized', 'tokenExpired', 'deviceNotListed']);

/** One authenticated socket from opening to end, and the queue that hands its mail over one delivery at a time. */
export class MailboxSession {
  readonly socket: FrameSocket;
  readonly #options: MailboxSessionOptions;
  #isAuthenticated = false;
  #end: SessionEnd | undefined;
  #queue: Promise<void> = Promise.resolve();
  #queuedBytes = 0;

  constructor(options: MailboxSessionOptions) {
    this.#options = options;
    this.socket = new FrameSocket({
      url: options.socketOrigin + SOCKETS.authenticated,
      clock: options.clock,
      onPush: (push) => {
        this.#take(push);
      },
    });
  }

  /** May carry requests. */
  get isReady(): boolean {
    return this.#isAuthenticated && this.socket.isOpen;
  }

  /** Resolves when the socket has ended **and** no handler runs any more, so that the next session's calls overlap nothing. */
  async run(): Promise<SessionEnd> {
    if (await this.socket.opened) {
      const answer = await this.socket.request({ type: 'authenticate', accessToken: this.#options.accessToken });
      if (answer?.type === 'authenticated') this.#isAuthenticated = true;
      else if (answer?.type === 'failure') this.#finish(this.#endOf(answer.code, answer.retryAfterMs));
      else this.#finish({ how: 'lost', cause: 'protocol', retryAfterMs: 0 }, { unlessClosed: true });
    }
    const closure = await this.socket.closed;
    await this.#queue;
    return this.#end ?? { how: 'lost', cause: closure, retryAfterMs: 0 };
  }

  #finish(end: SessionEnd, { unlessClosed = false } = {}): void {
    if (unlessClosed && !this.socket.isOpen) return;
    this.#end ??= end;
    this.socket.close();
  }

  #endOf(code: ErrorCode, retryAfterMs: number): SessionEnd {
    return TOKEN_REFUSALS.has(code)
      ? { how: 'tokenRefused', accessToken: this.#options.accessToken }
      : { how: 'lost', cause: code, retryAfterMs: boundedRetryAfter(retryAfterMs) };
  }

  #take(push: Push): void {
    switch (push.type) {
      case 'deliver':
        this.#enqueueDelivery(push.envelopes);
        return;
      case 'mailboxEmpty':
        this.#enqueue(0, async () => {
          await this.#options.handlers.mailboxEmpty(push.expired);
          if (this.isReady) this.#options.onCaughtUp();
        });
        return;
      case 'notice':
        // Only the authenticated road tells of the account.
        if (this.isReady) this.#options.onNotice(push.topic);
        return;
      case 'moving':
        this.#finish({ how: 'moving', reconnectAfterMs: push.reconnectAfterMs });
        return;
      case 'failure':
        this.#finish(this.#endOf(push.code, push.retryAfterMs));
        return;
    }
  }

  #enqueueDelivery(envelopes: readonly DeliveredEnvelope[]): void {
    const bytes = envelopes.reduce((sum, { ciphertext }) => sum + ciphertext.length, 0);
    if (this.#queuedBytes + bytes > QUEUE_BYTES_MOST) {
      this.#finish({ how: 'lost', cause: 'flood', retryAfterMs: 0 });
      return;
    }
    this.#enqueue(bytes, () => this.#options.handlers.deliver(envelopes));
  }

  #enqueue(bytes: number, handle: () => Promise<void>): void {
    this.#queuedBytes += bytes;
    this.#queue = this.#queue.then(async () => {
      // What is not handled any more is not acknowledged either, and comes again.
      if (this.#end === undefined && this.socket.isOpen) {
        try {
          await handle();
        } catch (error) {
          this.#options.onHandlerFailure(error);
          this.#finish({ how: 'lost', cause: 'handlerFailed', retryAfterMs: 0 });
        }
      }
      this.#queuedBytes -= bytes;
    });
  }
}
