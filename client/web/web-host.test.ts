import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { RPC_MESSAGE_LENGTH } from '@sotto/client/bridge';
import { createSmallCore, type SmallCore } from './testing/small-core.js';
import { makeSmallUi } from './testing/small-ui.js';
import { WindowClient, type WindowOptions } from './testing/window-client.js';
import { startWebHost, type WebHost } from './index.js';

let host: WebHost;
let core: SmallCore;
let port: number;
let ui: ReturnType<typeof makeSmallUi>;
let now: number;
let windows: WindowClient[];

const start = async (): Promise<void> => {
  host = await startWebHost({
    core,
    port: 0,
    uiFolder: ui.folder,
    defaultServer: 'http://127.0.0.1:4711',
    now: () => now,
  });
  port = Number(new URL(host.address).port);
};

beforeEach(async () => {
  now = 1_700_000_000_000;
  windows = [];
  core = createSmallCore();
  ui = makeSmallUi();
  await start();
});

afterEach(async () => {
  await Promise.all(windows.map((window) => window.close()));
  await host.stop();
  ui.remove();
});

const tokenOf = (address: string): string => new URL(address).hash.replace('#token=', '');
const open = (options: WindowOptions = {}): WindowClient => {
  const window = new WindowClient(port, options);
  windows.push(window);
  return window;
};
const attach = async (options: WindowOptions = {}): Promise<WindowClient> => {
  const window = open({ token: tokenOf(host.newAddress()), ...options });
  expect(await window.outcome()).toBe('attached');
  return window;
};
const sessionOf = (window: WindowClient): string => (window.received[0] as { session: string }).session;

const get = (
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });

describe('the page', () => {
  it('is served with every header that keeps it to itself', async () => {
    const { status, headers, body } = await get('/');
    expect(status).toBe(200);
    expect(body).toContain('<title>Sotto</title>');
    expect(String(headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "font-src 'self'",
      `connect-src 'self' ws://127.0.0.1:${port}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types sotto-decoder',
    ]);
    expect(headers).toMatchObject({
      'permissions-policy': expect.stringMatching(/^camera=\(self\), microphone=\(\), .*display-capture=\(\)/),
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    });
  });

  it('has its files under their types, and answers HEAD without a body', async () => {
    expect(await get('/assets/index-1.js?v=1')).toMatchObject({ status: 200, body: 'export {};' });
    expect((await get('/assets/index-1.css')).headers['content-type']).toBe('text/css; charset=utf-8');
    expect((await get('/assets/reader-1.wasm')).headers['content-type']).toBe('application/wasm');
    expect(await get('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('lets WebAssembly run in the worker that reads codes, and nowhere else', async () => {
    const policyOf = async (path: string) => String((await get(path)).headers['content-security-policy']).split('; ');
    expect(await policyOf('/assets/decoder-1.js')).toEqual([
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]);
    for (const path of ['/', '/assets/index-1.js', '/assets/index-1.css'])
      expect(await policyOf(path)).toContain("script-src 'self'");
  });

  it.each([
    '/secret.js',
    '/../secret.js',
    '/assets/../../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/assets',
    '/assets/',
    '//127.0.0.1/',
    '/__proto__',
  ])('does not lead to %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: '' });
  });

  it.each(['localhost', 'evil.example', '127.0.0.1', '127.0.0.1:1', '[::1]'])(
    'is not served under the name %s',
    async (name) => {
      const answer = await get('/', { headers: { Host: name } });
      expect(answer).toMatchObject({ status: 421, body: '' });
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    },
  );

  it('takes no other method', async () => {
    expect(await get('/', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('refuses a header that does not end', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'x'.repeat(20_000)}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });
});

describe('the socket', () => {
  it('attaches a window that has a one-time token, and greets it', async () => {
    const window = await attach({ token: tokenOf(host.address) });
    expect(window.socket.protocol).toBe('sotto.bridge.1');
    expect(window.received).toEqual([
      {
        session: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        defaultServer: 'http://127.0.0.1:4711',
        unprotected: false,
      },
    ]);
    window.socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getApp', params: {} }));
    await once(window.socket, 'message');
    expect(window.received[1]).toEqual({ jsonrpc: '2.0', id: 1, result: { phase: 'noAccount' } });
  });

  it.each([
    ['another host', { host: 'evil.example' }, 421],
    ['localhost', { host: 'localhost' }, 421],
    ['another path', { path: '/bridge/' }, 404],
    ['a query', { path: '/bridge?token=x' }, 404],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['no origin', { origin: undefined }, 403],
    ['a null origin', { origin: 'null' }, 403],
  ] as [string, WindowOptions, number][])('refuses %s before it looks at the token', async (_, options, status) => {
    const token = tokenOf(host.address);
    expect(await open({ token, ...options }).outcome()).toBe(status);
    // The token is still good: it was not looked at.
    await attach({ token });
    expect(core.listeners.size).toBe(1);
  });

  it.each([
    ['no token', { protocols: ['sotto.bridge.1'] }, 401],
    ['a wrong token', { token: 'A'.repeat(43) }, 401],
    ['a token that is too short', { token: 'A'.repeat(42) }, 401],
    ['an unknown kind', { protocols: ['sotto.bridge.1', `sotto.any.${'A'.repeat(43)}`] }, 401],
    [
      'two tokens',
      { protocols: ['sotto.bridge.1', `sotto.once.${'A'.repeat(43)}`, `sotto.once.${'B'.repeat(43)}`] },
      401,
    ],
    ['another protocol', { protocols: ['chat'] }, 400],
  ] as [string, WindowOptions, number][])('refuses %s', async (_, options, status) => {
    expect(await open(options).outcome()).toBe(status);
    expect(core.listeners.size).toBe(0);
  });

  it('takes a one-time token once', async () => {
    const token = tokenOf(host.address);
    await attach({ token });
    expect(await open({ token }).outcome()).toBe(401);
  });

  it('gives a one-time token to the first of two that come at once', async () => {
    const token = tokenOf(host.address);
    const outcomes = await Promise.all([open({ token }).outcome(), open({ token }).outcome()]);
    expect(outcomes.map(String).sort()).toEqual(['401', 'attached']);
  });

  it('does not take a session token as a one-time token, nor the other way round', async () => {
    const token = tokenOf(host.newAddress());
    expect(await open({ kind: 'session', token }).outcome()).toBe(401);
    const session = sessionOf(await attach());
    expect(await open({ kind: 'once', token: session }).outcome()).toBe(401);
  });

  it('lets a one-time token end after an hour', async () => {
    const token = tokenOf(host.newAddress());
    now += 60 * 60_000 + 1;
    expect(await open({ token }).outcome()).toBe(401);
  });

  it('knows a window that comes back, and gives each window a session of its own', async () => {
    const [one, other] = [await attach(), await attach()];
    expect(sessionOf(one)).not.toBe(sessionOf(other));
    await one.close();
    const again = await attach({ kind: 'session', token: sessionOf(one) });
    expect(sessionOf(again)).toBe(sessionOf(one));
  });

  it('forgets a window a day after it has gone, but never one that is there', async () => {
    const [gone, there] = [await attach(), await attach()];
    await gone.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    now += 24 * 60 * 60_000 + 1;
    expect(await open({ kind: 'session', token: sessionOf(gone) }).outcome()).toBe(401);
    await attach({ kind: 'session', token: sessionOf(there) });
  });

  it('knows no window of an earlier run', async () => {
    const session = sessionOf(await attach());
    await host.stop();
    await start();
    expect(await open({ kind: 'session', token: session }).outcome()).toBe(401);
  });

  it('turns many wrong tokens away as too many, and still takes the right one', async () => {
    const outcomes = [];
    for (let index = 0; index < 12; index += 1)
      outcomes.push(await open({ token: String(index).padStart(43, 'A') }).outcome());
    expect(outcomes).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    await attach();
    now += 60_000;
    expect(await open({ token: 'A'.repeat(43) }).outcome()).toBe(401);
  });

  it('holds no more windows than it can serve', async () => {
    for (let index = 0; index < 32; index += 1) await attach();
    expect(await open({ token: tokenOf(host.newAddress()) }).outcome()).toBe(503);
  });

  it('closes on a message that is too large, without a call', async () => {
    const window = await attach();
    window.socket.send('x'.repeat(3 * RPC_MESSAGE_LENGTH + 1));
    expect(await window.closed()).toBe(1009);
    expect(core.calls).toEqual([]);
  });

  it('closes on a binary message', async () => {
    const window = await attach();
    window.socket.send(Buffer.from('{}'));
    expect(await window.closed()).toBe(1003);
  });

  it('reads on only when the calls of a window have been answered', async () => {
    let release: (value: unknown) => void = () => undefined;
    const answered = new Promise((resolve) => (release = resolve));
    await host.stop();
    core = createSmallCore(async () => {
      await answered;
      return { phase: 'locked' };
    });
    await start();
    const window = await attach();
    // White space makes them larger than what one read of a socket brings: what has been read cannot be held back any more.
    const padding = ' '.repeat(8_192);
    for (let id = 1; id <= 200; id += 1)
      window.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'getApp', params: {} }) + padding);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(core.calls.length).toBeLessThan(200);
    release(undefined);
    while (window.received.length < 201) await once(window.socket, 'message');
    expect(core.calls).toHaveLength(200);
  });

  it('tells every window of an event, and drops its subscription with the window', async () => {
    const [one, other] = [await attach(), await attach()];
    const heard = Promise.all([once(one.socket, 'message'), once(other.socket, 'message')]);
    core.emit({ type: 'app', app: { phase: 'locked' } });
    await heard;
    expect(one.received[1]).toEqual(other.received[1]);
    await one.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(core.listeners.size).toBe(1);
  });

  it('lets a window go that takes nothing more', async () => {
    const window = await attach();
    window.socket.pause();
    let sent = 0;
    while (core.listeners.size > 0 && sent < 2_000) {
      core.emit({ type: 'chat', chat: { draft: 'x'.repeat(60_000) } as never });
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(core.listeners.size).toBe(0);
    // What the page has not taken is held up to its limit, not without end.
    expect(sent).toBeGreaterThan(200);
    const closed = window.closed();
    window.socket.resume();
    expect(await closed).toBe(1006);
  });

  it('says goodbye to its windows when it stops', async () => {
    const window = await attach();
    const closed = window.closed();
    await host.stop();
    expect(await closed).toBe(1001);
    expect(core.listeners.size).toBe(0);
    await start();
  });
});

describe('starting', () => {
  it('says what to do when the interface has not been built', async () => {
    await expect(startWebHost({ core, port: 0, uiFolder: `${ui.folder}-missing` })).rejects.toThrow('npm run build');
  });

  it('fails on a port that is taken', async () => {
    await expect(startWebHost({ core, port, uiFolder: ui.folder })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
