import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { ROUTES, type Route, type RouteName } from '@sotto/protocol/wire';
import type { RateLimiter } from '../domain/rate-limit.js';
import { createLog } from '../log.js';
import { PrometheusMeter } from '../metrics/prometheus-meter.js';
import { exchange } from '../testing/client/rest-calls.js';
import { createApiServer } from './api.js';
import type { RouteHandlers } from './route-handlers.js';

/** Whoever balances load asks for these again and again. */
const UNLIMITED: readonly RouteName[] = ['health', 'readiness'];

const handled: string[] = [];
const handlers = Object.fromEntries(
  Object.keys(ROUTES).map((name) => [
    name,
    async () => {
      handled.push(name);
      return { type: 'done', value: { status: 'ok' } };
    },
  ]),
) as unknown as RouteHandlers;

describe('The limit on calls of one address', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  it('stands before every route, before anything of the call is looked at', async () => {
    const asked: string[] = [];
    const limiter: RateLimiter = {
      take: async (limit, key) => {
        asked.push(`${limit} ${key}`);
        return { type: 'limited', retryAfterMs: 1_500 };
      },
      giveBack: async () => undefined,
    };
    const meter = new PrometheusMeter('0');
    server = createApiServer({
      handlers,
      callers: {} as never,
      limiter,
      behindTlsProxy: false,
      log: createLog('error', { write: () => undefined }),
      meter,
      metrics: { meter, token: undefined },
      isStopping: () => false,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const routes = Object.entries(ROUTES) as [RouteName, Route][];
    for (const [name, { method, path }] of routes) {
      const answer = await exchange(address, { method, path: path.replace(/:\w+/g, 'x') });
      expect([name, answer.status]).toEqual([name, UNLIMITED.includes(name) ? 200 : 429]);
      if (answer.status === 429) expect(answer.headers['retry-after']).toBe('2');
    }
    expect(asked).toEqual(routes.slice(UNLIMITED.length).map(() => 'call 127.0.0.1'));
    expect(handled).toEqual(UNLIMITED);
  });
});
