import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HttpTransport } from './http-transport.js';
import { callRoute } from './rest-client.js';
import { answerTo, refusal, TestServer } from './testing/test-server.js';

const GRANT_COUNTS = { oneTimePreKeys: 7, oneTimeKyberPreKeys: 9 };

jest.setTimeout(30_000);

describe('callRoute', () => {
  let server: TestServer;
  let transport: HttpTransport;

  beforeEach(async () => {
    server = await TestServer.start();
    transport = new HttpTransport(server.origin);
  });

  afterEach(async () => {
    transport.close();
    await server.stop();
  });

  const health = () => callRoute(transport, 'health', {}, undefined);
  const counts = () => callRoute(transport, 'preKeyCounts', {}, 'token-of-the-test');

  it('encodes by the route, shows the token only where it is given, and decodes the answer', async () => {
    const accountId = '0d9bb9a3-6f0d-4c3e-9c55-0a6ef4f0b001' as never;
    server.on('findAccount', ({ body }) => answerTo('findAccount', { accountId, username: body.username }));
    server.on('preKeyCounts', () => answerTo('preKeyCounts', GRANT_COUNTS));
    const found = await callRoute(
      transport,
      'findAccount',
      { body: { username: 'Anna' as never } },
      'token-of-the-test',
    );
    expect(found).toEqual({ outcome: 'ok', value: { accountId, username: 'Anna' } });
    expect(await counts()).toEqual({ outcome: 'ok', value: GRANT_COUNTS });
    server.on('health', () => ({ json: { status: 'ok' } }));
    await health();
    expect(server.calls.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-of-the-test',
      'Bearer token-of-the-test',
      undefined,
    ]);
  });

  it('fills path parameters and leaves out what a query does not say', async () => {
    const accountId = '0d9bb9a3-6f0d-4c3e-9c55-0a6ef4f0b001' as never;
    await callRoute(transport, 'deviceList', { params: { accountId }, query: {} }, undefined);
    await callRoute(
      transport,
      'deviceList',
      { params: { accountId: 'a/../b' }, query: { afterEpoch: 3, afterNumber: 4 } },
      undefined,
    );
    expect(server.calls.map(({ params, query }) => [params, query.toString()])).toEqual([
      [{ accountId }, ''],
      [{ accountId: 'a/../b' }, 'afterEpoch=3&afterNumber=4'],
    ]);
  });

  it('reads a refusal, knows no code that it has not heard of, and bounds the wait', async () => {
    server.on('health', () => refusal(429, 'rateLimited', 1_500));
    expect(await health()).toEqual({ outcome: 'refused', code: 'rateLimited', retryAfterMs: 1_500 });
    server.on('health', () => refusal(418, 'teapot', Number.MAX_SAFE_INTEGER));
    expect(await health()).toEqual({ outcome: 'refused', code: 'internal', retryAfterMs: 3_600_000 });
  });

  it('follows no redirect, not even to itself', async () => {
    const elsewhere = await TestServer.start();
    for (const location of [`${elsewhere.origin}/v1/health`, '/v1/ready']) {
      server.on('health', () => ({
        write: (response) =>
          response.writeHead(307, { location, 'content-type': 'application/json' }).end('{"status":"ok"}'),
      }));
      expect(await health()).toEqual({ outcome: 'away', reason: 'notSotto' });
    }
    expect(elsewhere.calls).toEqual([]);
    expect(server.callsTo('readiness')).toEqual([]);
    await elsewhere.stop();
  });

  it.each<[string, { type?: string; body: string | Buffer; encoding?: string; status?: number }]>([
    ['no JSON', { body: 'hello' }],
    ['cut JSON', { body: '{"status":"o' }],
    ['another content type', { type: 'text/html', body: '{"status":"ok"}' }],
    ['a content type that only begins alike', { type: 'application/jsonp', body: '{"status":"ok"}' }],
    ['another schema', { body: '{"status":"splendid"}' }],
    ['a field too many', { body: '{"status":"ok","extra":1}' }],
    ['bytes that are no text', { body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['a packed body', { body: '{"status":"ok"}', encoding: 'gzip' }],
    ['an error page', { type: 'text/html', body: '<h1>500</h1>', status: 500 }],
  ])('believes nothing in %s', async (_, { type = 'application/json', body, encoding, status = 200 }) => {
    server.on('health', () => ({
      write: (response) => {
        if (encoding !== undefined) response.setHeader('content-encoding', encoding);
        response.writeHead(status, { 'content-type': type }).end(body);
      },
    }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'notSotto' });
  });

  it('takes a proxy that finds no server behind it for a server that is away', async () => {
    server.on('health', () => ({
      write: (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
    }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'unreachable' });
  });

  it('believes nothing in an upgrade that it has not asked for', async () => {
    server.on('health', () => ({
      write: (response) => response.writeHead(101, { connection: 'upgrade', upgrade: 'websocket' }).end(),
    }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'notSotto' });
  });

  it('stops reading a body without end', async () => {
    let closed: Promise<unknown> | undefined;
    server.on('health', () => ({
      write: (response) => {
        closed = new Promise((resolve) => response.once('close', resolve));
        response.writeHead(200, { 'content-type': 'application/json' });
        const pour = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          if (!response.destroyed) response.once('drain', pour);
        };
        pour();
      },
    }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'notSotto' });
    await closed;
  });

  it('waits for a slow server no longer than the deadline, before the head and after it', async () => {
    transport = new HttpTransport(server.origin, { timeoutMs: 100 });
    server.on('health', () => ({ write: () => undefined }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'unreachable' });
    server.on('health', () => ({
      write: (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
    }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'unreachable' });
  });

  it('is away where a connection breaks in the answer or nobody listens', async () => {
    server.on('health', () => ({
      write: (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).write('{');
        setImmediate(() => response.destroy());
      },
    }));
    expect(await health()).toEqual({ outcome: 'away', reason: 'unreachable' });
    await server.stop();
    expect(await health()).toEqual({ outcome: 'away', reason: 'unreachable' });
    server = await TestServer.start();
  });

  it('asks again where the server had closed the connection that was kept', async () => {
    server.on('health', () => ({ json: { status: 'ok' } }));
    expect((await health()).outcome).toBe('ok');
    // The connection goes back to the pool a moment after its answer has been read.
    await new Promise((resolve) => setTimeout(resolve, 20));
    let broken = 0;
    server.on('health', () => {
      broken += 1;
      return broken === 1 ? { write: (response) => response.socket?.resetAndDestroy() } : { json: { status: 'ok' } };
    });
    expect((await health()).outcome).toBe('ok');
    expect(server.calls.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('shares no connection between two transports', async () => {
    const anonymous = new HttpTransport(server.origin);
    server.on('preKeyCounts', () => answerTo('preKeyCounts', GRANT_COUNTS));
    server.on('health', () => ({ json: { status: 'ok' } }));
    await counts();
    await callRoute(anonymous, 'health', {}, undefined);
    await counts();
    await callRoute(anonymous, 'health', {}, undefined);
    expect(server.calls.map(({ connection }) => connection)).toEqual([1, 2, 1, 2]);
    anonymous.close();
  });

  it('gives up calls that are open when it is closed', async () => {
    server.on('health', () => ({ write: () => undefined }));
    const open = callRoute(new HttpTransport(server.origin), 'health', {}, undefined);
    const closing = new HttpTransport(server.origin);
    const answer = callRoute(closing, 'health', {}, undefined);
    setTimeout(() => closing.close(), 20);
    expect(await answer).toEqual({ outcome: 'away', reason: 'unreachable' });
    expect(await callRoute(closing, 'health', {}, undefined)).toEqual({ outcome: 'away', reason: 'unreachable' });
    server.calls.length = 0;
    await server.stop();
    expect((await open).outcome).toBe('away');
    server = await TestServer.start();
  });

  it('throws on a call that its own schema forbids, and sends nothing', async () => {
    await expect(
      callRoute(transport, 'findAccount', { body: { username: 'not a name!' as never } }, 'token-of-the-test'),
    ).rejects.toThrow();
    expect(server.calls).toEqual([]);
  });
});
