import { ERROR_STATUS, type ErrorCode } from '@sotto/protocol/wire';
import type { Context, Middleware } from 'koa';
import { refusalFor } from '../domain/fault.js';
import type { Refusal } from '../domain/outcome.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { newRequestId } from '../request-id.js';
import { errorBodyOf } from './error-body.js';

/** What the middleware of one request share. */
export interface RequestState {
  requestId: string;
  /** Name in the contract, once the route is known: paths name accounts, and stay out of the log. */
  route: string | undefined;
  refusedWith: ErrorCode | undefined;
}

export type RequestContext = Context & { readonly state: RequestState };

const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
};
const HSTS = 'max-age=31536000';

/** Answers with the one error shape. */
export const answerRefusal = (context: RequestContext, refusal: Refusal): void => {
  context.state.refusedWith = refusal.code;
  context.status = ERROR_STATUS[refusal.code];
  if (refusal.retryAfterMs !== undefined) context.set('Retry-After', String(Math.ceil(refusal.retryAfterMs / 1_000)));
  context.body = errorBodyOf(refusal, context.state.requestId);
};

export interface AnsweringParts {
  readonly log: Log;
  readonly meter: Meter;
  readonly behindTlsProxy: boolean;
}

/** Outermost: names the request, sets what every answer carries, and turns exceptions into an answer that tells nothing. */
export const answering =
  ({ log, meter, behindTlsProxy }: AnsweringParts): Middleware<RequestState> =>
  async (context, next) => {
    const startedAt = performance.now();
    const requestId = newRequestId();
    context.state.requestId = requestId;
    context.set(HEADERS);
    context.set('X-Request-Id', requestId);
    if (behindTlsProxy) context.set('Strict-Transport-Security', HSTS);
    let code: string | undefined;
    try {
      await next();
    } catch (error) {
      const refusal = refusalFor(error);
      code = refusal.code;
      answerRefusal(context, refusal);
      log.error('http.failed', { requestId, ...routeField(context), error });
    }
    const durationMs = performance.now() - startedAt;
    const route = context.state.route ?? 'none';
    meter.count('sotto_http_requests_total', 1, route);
    if (context.state.refusedWith !== undefined) meter.count('sotto_http_refusals_total', 1, context.state.refusedWith);
    meter.observe('sotto_http_request_seconds', durationMs / 1_000, route);
    log.debug('http.answered', {
      requestId,
      ...routeField(context),
      method: context.method,
      status: context.status,
      ...(code === undefined ? {} : { code }),
      durationMs: Math.round(durationMs),
    });
  };

const routeField = ({ state }: RequestContext): { readonly route?: string } =>
  state.route === undefined ? {} : { route: state.route };
