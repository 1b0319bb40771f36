import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS, ROUTES, type Route, type RouteAccess, type RouteName } from '@sotto/protocol/wire';
import Koa, { type Middleware } from 'koa';
import Router from 'koa-router';
import { z } from 'zod';
import type { Caller } from '../domain/access-tokens.js';
import { asDevice, type Callers } from '../domain/callers.js';
import { done, refuse, type Outcome, type Refusal } from '../domain/outcome.js';
import { limited, type RateLimiter } from '../domain/rate-limit.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { newRequestId } from '../request-id.js';
import { answering, answerRefusal, type RequestContext, type RequestState } from './answer.js';
import { writeRefusal } from './error-body.js';
import { operatorPages, type MetricsParts } from './operator-pages.js';
import { cameInTheClear, remoteAddressOf } from './proxy-headers.js';
import { bodyReader, rawBodyReader, type ReadBody } from './request-body.js';
import type { AnyRouteHandler, RouteHandlers, RouteOutcome } from './route-handlers.js';

export interface ApiParts {
  readonly handlers: RouteHandlers;
  readonly callers: Callers;
  readonly limiter: RateLimiter;
  readonly behindTlsProxy: boolean;
  readonly log: Log;
  readonly meter: Meter;
  readonly metrics: MetricsParts;
  readonly isStopping: () => boolean;
}

const BROWSER = refuse(
  'forbiddenOrigin',
  'Browser pages may not call this server; only Sotto programs, which send no Origin.',
);
const PLAIN = refuse('badRequest', 'This server is reached over https.');
const NO_ROUTE = refuse('notFound', 'There is no such call.');
const WRONG_METHOD = refuse('methodNotAllowed', 'This path has other methods; see the Allow header.');
const NO_TOKEN = refuse('unauthorized', 'Send an access token: Authorization: Bearer …');
const NOT_HTTP = refuse('badRequest', 'This is not an HTTP request that the server understands.');
const STOPPING = refuse('serverBusy', 'The server is stopping. Try again soon.', 1_000);

/** Told even while the server stops: whoever balances load asks for it. */
const ALWAYS_ANSWERED: readonly RouteName[] = ['health', 'readiness'];

/** Where the body may show who is calling instead; the handler looks. */
const TOKEN_OR_OTHER: readonly RouteAccess[] = ['deviceOrAccessKey', 'deviceOrClaimant'];

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,2048})$/i;

/** What every request must be, whatever it asks for. */
const admission =
  ({ behindTlsProxy }: ApiParts): Middleware<RequestState> =>
  async (context, next) => {
    if (context.req.headers.origin !== undefined) answerRefusal(context, BROWSER);
    else if (cameInTheClear(context.req, behindTlsProxy)) answerRefusal(context, PLAIN);
    else await next();
  };

/** Names the first field that does not fit; never its value. */
const describeIssue = (error: z.ZodError): Refusal => {
  const issue = error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.map(String).join('.');
  return refuse('badRequest', `Wrong: ${path.slice(0, 100)} (${issue?.message.slice(0, 200) ?? 'invalid'}).`);
};

const parse = (schema: z.ZodType | undefined, value: unknown): Outcome<unknown> => {
  if (schema === undefined) return done(undefined);
  const parsed = schema.safeParse(value);
  return parsed.success ? done(parsed.data) : describeIssue(parsed.error);
};

const authorise = async (
  route: Route,
  context: RequestContext,
  callers: Callers,
): Promise<Outcome<Caller | undefined>> => {
  const header = context.req.headers.authorization;
  if (route.access === 'public') return done(undefined);
  if (header === undefined) return TOKEN_OR_OTHER.includes(route.access) ? done(undefined) : NO_TOKEN;
  const token = BEARER.exec(header)?.[1];
  if (token === undefined) return NO_TOKEN;
  const caller = await callers.identify(token);
  return caller.type === 'refused' || route.access === 'account' ? caller : asDevice(caller.value);
};

const readerFor = (route: Route): ReadBody => {
  const bytes = route.body === undefined ? 0 : (route.bodyBytes ?? LIMITS.bodyBytes);
  return route.raw === 'body' ? rawBodyReader(bytes) : bodyReader(bytes);
};

const answerValue = (context: RequestContext, route: Route, value: unknown): void => {
  const encoded = z.encode(route.response, value);
  if (route.raw !== 'response') context.body = encoded;
  else if (encoded instanceof Uint8Array) {
    // Never shown by a browser, whatever the bytes are.
    context.attachment();
    context.type = 'application/octet-stream';
    context.body = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  } else throw new Error(`The answer of ${route.path} has to be bytes.`);
};

/** Parse, authorise, serve, encode: the same for every route of the contract. */
const serve = (name: RouteName, parts: ApiParts): Middleware<RequestState> => {
  const route: Route = ROUTES[name];
  // Each handler takes exactly what the schemas of its own route parse; the compiler cannot follow that through a name.
  const handler = parts.handlers[name] as AnyRouteHandler;
  const readBody = readerFor(route);
  const handle = async (context: RequestContext): Promise<RouteOutcome<unknown>> => {
    const address = remoteAddressOf(context.req, parts.behindTlsProxy);
    if (!ALWAYS_ANSWERED.includes(name)) {
      if (parts.isStopping()) return STOPPING;
      const limit = await parts.limiter.take('call', address);
      if (limit.type === 'limited') return limited(limit.retryAfterMs);
    }
    const caller = await authorise(route, context, parts.callers);
    if (caller.type === 'refused') return caller;
    const query = parse(route.query, { ...context.query });
    if (query.type === 'refused') return query;
    const read = await readBody(context);
    if (read.type === 'refused') return read;
    const body = parse(route.body, read.value);
    if (body.type === 'refused') return body;
    const params = context['params'] as Readonly<Record<string, string>>;
    return handler({ params, query: query.value, body: body.value, caller: caller.value, address });
  };
  return async (context) => {
    context.state.route = name;
    const outcome = await handle(context);
    if (outcome.type === 'refused') {
      parts.log.debug('http.refused', { requestId: context.state.requestId, route: name, code: outcome.code });
      answerRefusal(context, outcome);
    } else {
      context.status = outcome.type === 'unready' ? 503 : 200;
      answerValue(context, route, outcome.value);
    }
  };
};

const routerOf = (parts: ApiParts): Router<RequestState> => {
  const router = new Router<RequestState>({ strict: true, sensitive: true });
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path } = ROUTES[name];
    router.register(path, [method], serve(name, parts));
  }
  return router;
};

/** A path that exists with another method, or does not exist. */
const unserved: Middleware<RequestState> = async (context, next) => {
  await next();
  if (context.state.route !== undefined || context.status !== 404 || context.body !== undefined) return;
  const methods = Object.values(ROUTES)
    .filter((route) => matches(route.path, context.path))
    .map((route) => route.method);
  if (methods.length > 0) context.set('Allow', methods.join(', '));
  answerRefusal(context, methods.length === 0 ? NO_ROUTE : WRONG_METHOD);
};

const matches = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(':') || part === given[index]);
};

const SERVER_OPTIONS = {
  maxHeaderSize: 16 * 1_024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
};

/** The REST half of the server, on an HTTP server that the gateway shares. */
export const createApiServer = (parts: ApiParts): Server => {
  const app = new Koa<RequestState>();
  app.use(answering(parts));
  app.use(operatorPages(parts.metrics));
  app.use(unserved);
  app.use(admission(parts));
  app.use(routerOf(parts).routes());
  // Koa would print what escapes even `answering`, with its message.
  app.silent = true;
  const handle = app.callback();
  const server = createServer(SERVER_OPTIONS, (request: IncomingMessage, response) => void handle(request, response));
  server.on('clientError', (_error: Error, stream: Duplex) => writeRefusal(stream, NOT_HTTP, newRequestId()));
  return server;
};
