import { createHash } from 'node:crypto';
import { constantTimeEqual } from '@sotto/crypto/server';
import { isLoopback } from '../config/config.js';
import { refuse } from '../domain/outcome.js';
import type { PrometheusMeter } from '../metrics/prometheus-meter.js';
import type { Middleware } from 'koa';
import { answerRefusal, type RequestContext, type RequestState } from './answer.js';
import { docsPage } from './docs-page.js';
import { openApi } from './openapi.js';

export interface MetricsParts {
  readonly meter: PrometheusMeter;
  /** Whoever shows it may read the metrics from anywhere; without one they are read on this machine alone. */
  readonly token: string | undefined;
}

const FORBIDDEN = refuse(
  'accessDenied',
  'Metrics are read on the machine of the server, or with the token that SOTTO_METRICS_TOKEN sets.',
);

/** The page has a style of its own and nothing else: no script, no image, no request to anywhere. */
const DOCS_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const mayReadMetrics = ({ req }: RequestContext, token: string | undefined): boolean => {
  if (token !== undefined) {
    const given = /^Bearer (.{1,512})$/.exec(req.headers.authorization ?? '')?.[1];
    return given !== undefined && constantTimeEqual<Buffer>(digest(given), digest(token));
  }
  // What a proxy on this machine hands on comes from elsewhere.
  return req.headers['x-forwarded-for'] === undefined && isLoopback(req.socket.remoteAddress ?? '');
};

/** What operators and developers read with a browser or Prometheus, beside the calls of the contract. */
export const operatorPages = ({ meter, token }: MetricsParts): Middleware<RequestState> => {
  const description = JSON.stringify(openApi());
  const page = docsPage();
  return async (context, next) => {
    if (context.method !== 'GET') {
      await next();
      return;
    }
    switch (context.path) {
      case '/metrics':
        context.state.route = 'metrics';
        if (!mayReadMetrics(context, token)) {
          answerRefusal(context, FORBIDDEN);
          return;
        }
        context.type = meter.contentType;
        context.body = await meter.text();
        return;
      case '/openapi.json':
        context.state.route = 'openapi';
        context.type = 'application/json';
        context.body = description;
        return;
      case '/docs':
        context.state.route = 'docs';
        context.set('Content-Security-Policy', DOCS_POLICY);
        context.type = 'text/html; charset=utf-8';
        context.body = page;
        return;
      default:
        await next();
    }
  };
};
