import type { ROUTES, RouteAccess, RouteName } from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { Caller, DeviceCaller } from '../domain/access-tokens.js';
import type { Outcome } from '../domain/outcome.js';

type Routes = typeof ROUTES;

type BodyOf<R extends RouteName> = Routes[R] extends { body: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;
type QueryOf<R extends RouteName> = Routes[R] extends { query: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;
type ParameterNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type CallerBy<Access extends RouteAccess> = {
  readonly public: undefined;
  readonly account: Caller;
  readonly device: DeviceCaller;
  readonly deviceOrAccessKey: DeviceCaller | undefined;
  readonly deviceOrClaimant: DeviceCaller | undefined;
}[Access];

/** One call, parsed and authorised as its route says. */
export interface RouteCall<R extends RouteName> {
  readonly params: Readonly<Record<ParameterNames<Routes[R]['path']>, string>>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly caller: CallerBy<Routes[R]['access']>;
  /** What limits count the caller by. */
  readonly address: string;
}

/** `unready` is an answer as the contract has it, under a status that makes a load balancer look elsewhere. */
export type RouteOutcome<Value> = Outcome<Value> | { readonly type: 'unready'; readonly value: Value };

export type RouteHandler<R extends RouteName> = (
  call: RouteCall<R>,
) => Promise<RouteOutcome<z.output<Routes[R]['response']>>>;

/** What the server does for each route of the contract: a route without a handler does not compile. */
export type RouteHandlers = { readonly [R in RouteName]: RouteHandler<R> };

/** A handler as the dispatcher sees it, which knows its route only at run time. */
export type AnyRouteHandler = (call: {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller | undefined;
  readonly address: string;
}) => Promise<RouteOutcome<unknown>>;
