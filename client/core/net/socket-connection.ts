import type { AccountId, EnvelopeId, UnixMs } from '@sotto/protocol/ids';
import { LIMITS, type Bytes, type DeviceEnvelope, type NoticeTopic, type SendFrame } from '@sotto/protocol/wire';
import type { AccessTokens } from '../account/types.js';
import { AnonymousSocket } from './anonymous-socket.js';
import { Backoff } from './backoff.js';
import { later, type Clock } from './clock.js';
import { MailboxSession, type LossCause, type SessionEnd } from './mailbox-session.js';
import { notAnAnswer, readSendAnswer, refusedBy, unreachable } from './send-result.js';
import { watchForSleep } from './sleep-watch.js';
import type { Away, Connection, ConnectionHandlers, ConnectionState, Refused, SendResult } from './types.js';

/** A server may send its clients away for no longer than this. */
const MOVING_MOST_MS = 60_000;
/** A connection that holds this long is a good one; one that ends sooner goes on backing off. */
const STABLE_MS = 10_000;

/** What the connection tells a log: nothing that was sent, and no name. */
export type ConnectionEvent =
  | { readonly event: 'online' }
  | { readonly event: 'lost'; readonly cause: LossCause; readonly retryInMs: number }
  | { readonly event: 'moving'; readonly retryInMs: number }
  | { readonly event: 'signedOut' | 'unlinked' | 'woke' }
  /** A bug, or storage that does not work: the connection tries again, and the error is for the log to report. */
  | { readonly event: 'failed'; readonly where: 'tokens' | 'handler'; readonly error: unknown };

export interface SocketConnectionOptions {
  readonly origin: string;
  readonly tokens: AccessTokens;
  readonly clock: Clock;
  readonly backoff?: Backoff;
  readonly log: (event: ConnectionEvent) => void;
}

interface Run {
  readonly handlers: ConnectionHandlers;
  readonly stopping: AbortController;
  finished: Promise<void>;
}

type ConnectEnd = SessionEnd | { readonly how: 'signedOut' } | { readonly how: 'unlinked' };

/** `work`, or `otherwise` as soon as the signal says so. */
const unlessAborted = <T>(signal: AbortSignal, work: Promise<T>, otherwise: T): Promise<T> =>
  new Promise((resolve, reject) => {
    const give = (): void => resolve(otherwise);
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });

/** Keeps the two sockets of one account: connects, backs off, obeys `moving`, and notices when the machine has slept. */
export class SocketConnection implements Connection {
  readonly #options: SocketConnectionOptions;
  readonly #backoff: Backoff;
  readonly #socketOrigin: string;
  readonly #anonymous: AnonymousSocket;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #noticed = new Set<(topic: NoticeTopic) => void>();
  #state: ConnectionState = { state: 'idle' };
  #run: Run | undefined;
  #session: MailboxSession | undefined;
  #wake: () => void = () => undefined;
  #offlineSince: UnixMs | undefined;

  constructor(options: SocketConnectionOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#socketOrigin = options.origin.replace(/^http/, 'ws');
    this.#anonymous = new AnonymousSocket(this.#socketOrigin, options.clock);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onNotice(listener: (topic: NoticeTopic) => void): () => void {
    this.#noticed.add(listener);
    return () => this.#noticed.delete(listener);
  }

  start(handlers: ConnectionHandlers): void {
    if (this.#run !== undefined) return;
    const run: Run = { handlers, stopping: new AbortController(), finished: Promise.resolve() };
    run.finished = this.#keepConnected(run);
    this.#run = run;
  }

  reconnect(): void {
    this.#session?.socket.probe();
    this.#anonymous.probe();
    this.#wake();
  }

  /** Ends the present session and looks at the tokens again: they have just been replaced or given up. */
  startAnew(): void {
    this.#session?.socket.close();
    this.#wake();
  }

  async stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.stopping.abort();
    this.#session?.socket.close();
    this.#anonymous.close();
    this.#wake();
    await run.finished;
    if (this.#run === run) this.#run = undefined;
  }

  async send(
    recipient: AccountId,
    envelopes: readonly DeviceEnvelope[],
    { accessKey }: { readonly accessKey: Bytes | undefined },
  ): Promise<SendResult> {
    const frame: SendFrame = { type: 'send', recipient, accessKey, envelopes };
    if (accessKey !== undefined) return this.#anonymous.send(frame);
    const session = this.#session;
    if (session?.isReady !== true) return unreachable;
    return readSendAnswer(session.socket, await session.socket.request(frame));
  }

  async acknowledge(
    envelopeIds: readonly EnvelopeId[],
  ): Promise<{ readonly outcome: 'acknowledged' } | Refused | Away> {
    const session = this.#session;
    for (let at = 0; at < envelopeIds.length; at += LIMITS.acknowledgementsPerFrame) {
      if (session?.isReady !== true) return unreachable;
      const answer = await session.socket.request({
        type: 'acknowledge',
        envelopeIds: envelopeIds.slice(at, at + LIMITS.acknowledgementsPerFrame),
      });
      if (answer === undefined) return unreachable;
      if (answer.type === 'failure') return refusedBy(answer);
      if (answer.type !== 'acknowledged') return notAnAnswer(session.socket);
    }
    return { outcome: 'acknowledged' };
  }

  async #keepConnected(run: Run): Promise<void> {
    const stopWatching = watchForSleep(this.#options.clock, () => {
      this.#options.log({ event: 'woke' });
      this.reconnect();
    });
    let refusedToken: string | undefined;
    while (!run.stopping.signal.aborted) {
      this.#setState({ state: 'connecting' });
      const end = await this.#connectOnce(run, refusedToken);
      refusedToken = await this.#afterEnd(run, end, refusedToken);
    }
    stopWatching();
    this.#offlineSince = undefined;
    this.#setState({ state: 'idle' });
  }

  /** Waits as the end asks for. Resolves to the token that the next attempt must not use. */
  async #afterEnd(run: Run, end: ConnectEnd, refusedBefore: string | undefined): Promise<string | undefined> {
    if (run.stopping.signal.aborted) return undefined;
    if (end.how === 'signedOut' || end.how === 'unlinked') {
      this.#options.log({ event: end.how });
      this.#offlineSince = undefined;
      const woken = this.#untilWoken();
      this.#setState({ state: end.how });
      await woken;
      return undefined;
    }
    if (end.how === 'lost' && end.cause === 'byUs') return undefined;
    const refused = end.how === 'tokenRefused' ? end.accessToken : undefined;
    // A token that the server refused is renewed without waiting; if it refuses the new one too, that is a loss like any.
    if (refused === undefined || refusedBefore !== undefined) await this.#waitAfter(end);
    return refused;
  }

  async #connectOnce(run: Run, refusedToken: string | undefined): Promise<ConnectEnd> {
    const { tokens, log } = this.#options;
    const asked = tokens.get(refusedToken).catch((error: unknown): Away => {
      log({ event: 'failed', where: 'tokens', error });
      return unreachable;
    });
    const token = await unlessAborted(run.stopping.signal, asked, unreachable);
    switch (token.outcome) {
      case 'signedOut':
      case 'unlinked':
        return { how: token.outcome };
      case 'refused':
        return { how: 'lost', cause: token.code, retryAfterMs: token.retryAfterMs };
      case 'away':
        return { how: 'lost', cause: 'tokensAway', retryAfterMs: 0 };
      case 'ok':
        return run.stopping.signal.aborted
          ? { how: 'lost', cause: 'byUs', retryAfterMs: 0 }
          : this.#holdSession(run, token.value);
    }
  }

  async #holdSession(run: Run, accessToken: string): Promise<SessionEnd> {
    const { clock, log } = this.#options;
    let stopCounting: () => void = () => undefined;
    const session = new MailboxSession({
      socketOrigin: this.#socketOrigin,
      clock,
      accessToken,
      handlers: run.handlers,
      onNotice: (topic) => {
        for (const listener of this.#noticed) listener(topic);
      },
      onHandlerFailure: (error) => log({ event: 'failed', where: 'handler', error }),
      onCaughtUp: () => {
        if (this.#state.state === 'online') return;
        this.#offlineSince = undefined;
        log({ event: 'online' });
        this.#setState({ state: 'online' });
        stopCounting = clock.after(STABLE_MS, () => {
          this.#backoff.reset();
        });
      },
    });
    this.#session = session;
    const end = await session.run();
    stopCounting();
    this.#session = undefined;
    return end;
  }

  async #waitAfter(end: SessionEnd): Promise<void> {
    const delayMs = this.#delayAfter(end);
    const { clock, log } = this.#options;
    if (end.how === 'moving') log({ event: 'moving', retryInMs: delayMs });
    else log({ event: 'lost', cause: end.how === 'lost' ? end.cause : 'unauthorized', retryInMs: delayMs });
    const now = clock.now();
    this.#offlineSince ??= now;
    const woken = this.#untilWoken(delayMs);
    this.#setState({ state: 'offline', since: this.#offlineSince, retryAt: later(now, delayMs) });
    await woken;
  }

  #delayAfter(end: SessionEnd): number {
    switch (end.how) {
      case 'moving':
        return Math.min(end.reconnectAfterMs, MOVING_MOST_MS);
      case 'lost':
        return Math.max(this.#backoff.nextDelayMs(), end.retryAfterMs);
      case 'tokenRefused':
        return this.#backoff.nextDelayMs();
    }
  }

  /** Ends at `reconnect`, at `stop`, and after `delayMs` where that is given. */
  #untilWoken(delayMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = delayMs === undefined ? undefined : this.#options.clock.after(delayMs, () => this.#wake());
      this.#wake = () => {
        cancel?.();
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
