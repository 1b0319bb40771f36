import type { AccountId, DeviceId, EnvelopeId, UnixMs } from '@sotto/protocol/ids';
import type {
  Bytes,
  DeliveredEnvelope,
  DeviceEnvelope,
  ErrorCode,
  NoticeTopic,
  ROUTES,
  RouteName,
} from '@sotto/protocol/wire';
import type { z } from 'zod';

/** The server answered and said no. */
export interface Refused {
  readonly outcome: 'refused';
  readonly code: ErrorCode;
  /** 0 where waiting does not help. */
  readonly retryAfterMs: number;
}

/**
 * No answer that can be believed: nothing is known about whether the server acted, so the caller repeats the same request.
 * `unreachable`: no connection, or no answer in time. `notSotto`: something answered, but not as this protocol says.
 */
export interface Away {
  readonly outcome: 'away';
  readonly reason: 'unreachable' | 'notSotto';
}

export interface Ok<T> {
  readonly outcome: 'ok';
  readonly value: T;
}

export type CallResult<T> = Ok<T> | Refused | Away;

type Routes = typeof ROUTES;
type QueryOf<R extends RouteName> = Routes[R] extends { query: z.ZodType } ? z.infer<Routes[R]['query']> : undefined;
type BodyOf<R extends RouteName> = Routes[R] extends { body: z.ZodType } ? z.infer<Routes[R]['body']> : undefined;
type PathParams<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathParams<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;
type ParamsOf<R extends RouteName> = [PathParams<Routes[R]['path']>] extends [never]
  ? undefined
  : Readonly<Record<PathParams<Routes[R]['path']>, string>>;

/** Leaves out what a route does not take, so that a call cannot carry a body that the server would ignore. */
type Given<Name extends string, T> = [T] extends [undefined] ? object : Readonly<Record<Name, T>>;

export type CallInput<R extends RouteName> = Given<'params', ParamsOf<R>> &
  Given<'query', QueryOf<R>> &
  Given<'body', BodyOf<R>>;

export type ResponseOf<R extends RouteName> = z.infer<Routes[R]['response']>;

/** Routes that need to know nothing about the caller. */
export type AnonymousRoute = {
  [R in RouteName]: Routes[R]['access'] extends 'public' | 'deviceOrAccessKey' | 'deviceOrClaimant' ? R : never;
}[RouteName];
/** Routes that this device calls with its access token. */
export type AccountRoute = {
  [R in RouteName]: Routes[R]['access'] extends 'account' | 'device' | 'deviceOrAccessKey' | 'deviceOrClaimant'
    ? R
    : never;
}[RouteName];

/**
 * The REST calls of one server that carry no token. Two of them never share a connection: one signs in over the connections
 * that show who is calling, the other claims and fetches over connections that never do.
 */
export interface AnonymousApi {
  call<R extends AnonymousRoute>(route: R, input: CallInput<R>): Promise<CallResult<ResponseOf<R>>>;
}

/**
 * The REST calls of this device. The access token is put in, and renewed once where the server calls it expired. Without a
 * token nothing is sent: `unauthorized` where this device is signed out, `deviceNotListed` where it is unlinked.
 */
export interface AccountApi {
  call<R extends AccountRoute>(route: R, input: CallInput<R>): Promise<CallResult<ResponseOf<R>>>;
}

/** How the connection stands; the same shape as the bridge's `ConnectionView`. */
export type ConnectionState =
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  /** Authenticated, and everything that waited in the mailbox has been handed over. */
  | { readonly state: 'online' }
  | { readonly state: 'offline'; readonly since: UnixMs; readonly retryAt: UnixMs }
  /** The tokens have ended: only the password helps. */
  | { readonly state: 'signedOut' }
  /** This device is no longer on its account's list. */
  | { readonly state: 'unlinked' };

export type SendResult =
  | { readonly outcome: 'accepted'; readonly serverTime: UnixMs }
  /** Nothing was stored. A hint: fetch and verify the list, then encrypt to that. */
  | {
      readonly outcome: 'mismatched';
      readonly missing: readonly DeviceId[];
      readonly extra: readonly DeviceId[];
      readonly stale: readonly DeviceId[];
    }
  | Refused
  /** Not known to be stored: send the same envelope ids and bytes again. */
  | Away;

/** What the connection calls as things arrive. Calls never overlap and keep the server's order. */
export interface ConnectionHandlers {
  /**
   * Resolves once the envelopes are stored; acknowledging them is the handler's own, explicit step. Where it rejects, the
   * connection starts again, and what was not acknowledged is delivered again.
   */
  deliver(envelopes: readonly DeliveredEnvelope[]): Promise<void>;
  /** All that waited when the socket opened has been delivered; `expired` envelopes never will be. */
  mailboxEmpty(expired: number): Promise<void>;
}

/** The two sockets of one account as one thing: it connects, stays connected, and says how it stands. */
export interface Connection {
  readonly state: ConnectionState;
  /** Returns the function that ends the subscription. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** The server says that something of the own account has changed: a hint to look and to verify. */
  onNotice(listener: (topic: NoticeTopic) => void): () => void;
  /** Connects and keeps connecting until `stop`. Harmless when started. */
  start(handlers: ConnectionHandlers): void;
  /** Tries now instead of when the backoff says. */
  reconnect(): void;
  stop(): Promise<void>;
  /**
   * With `accessKey`: over the anonymous socket, which is opened when needed. Without: over the authenticated one, which may
   * be used from the moment that it is authenticated, before it is `online`.
   */
  send(
    recipient: AccountId,
    envelopes: readonly DeviceEnvelope[],
    options: { readonly accessKey: Bytes | undefined },
  ): Promise<SendResult>;
  /** Any number of ids. `away`: the server delivers them again, and they are acknowledged again. */
  acknowledge(envelopeIds: readonly EnvelopeId[]): Promise<{ readonly outcome: 'acknowledged' } | Refused | Away>;
}
