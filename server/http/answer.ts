import { ERROR_STATUS } from '@sotto/protocol/wire';
import type { Context, Middleware } from 'koa';
import { refusalFor } from '../domain/fault.js';
import type { Refusal } from '../domain/outcome.js';
import type { Log } from '../log.js';
import { newRequestId } from '../request-id.js';
import { errorBodyOf } from './error-body.js';

/** What the middleware of one request share. */
export interface RequestState {
  requestId: string;
  /** Name in the contract, once the route is known: paths name accounts, and stay out of the log. */
  route: string | undefined;
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
  context.status = ERROR_STATUS[refusal.code];
  if (refusal.retryAfterMs !== undefined) context.set('Retry-After', String(Math.ceil(refusal.retryAfterMs / 1_000)));
  context.body = errorBodyOf(refusal, context.state.requestId);
};

/** Outermost: names the request, sets what every answer carries, and turns exceptions into an answer that tells nothing. */
export const answering =
  (log: Log, behindTlsProxy: boolean): Middleware<RequestState> =>
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
    log.debug('http.answered', {
      requestId,
      ...routeField(context),
      method: context.method,
      status: context.status,
      ...(code === undefined ? {} : { code }),
      durationMs: Math.round(performance.now() - startedAt),
    });
  };

const routeField = ({ state }: RequestContext): { readonly route?: string } =>
  state.route === undefined ? {} : { route: state.route };
