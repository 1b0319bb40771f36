import { createServer, get, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { systemClock } from './clock.js';
import { FrameSocket } from './frame-socket.js';
import { HttpTransport } from './http-transport.js';
import { selfSigned } from './testing/self-signed.js';

jest.setTimeout(30_000);

const SWITCH = 'NODE_TLS_REJECT_UNAUTHORIZED';

describe('a server whose certificate nobody vouches for', () => {
  let server: Server;
  let origin: string;
  let requests = 0;

  beforeAll(async () => {
    server = createServer(selfSigned('127.0.0.1'), (_, response) => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    });
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      requests += 1;
      sockets.handleUpgrade(request, socket, head, () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const exchange = () => {
    const transport = new HttpTransport(origin);
    const request = { method: 'GET', target: '/v1/health', accessToken: 'secret', json: undefined } as const;
    return transport.exchange(request).finally(() => transport.close());
  };
  const open = () =>
    new FrameSocket({
      url: `${origin.replace('https', 'wss')}/v1/socket`,
      clock: systemClock,
      onPush: () => undefined,
    });

  it('is there for those who check nothing', async () => {
    const status = await new Promise((resolve, reject) => {
      get(`${origin}/v1/health`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect([status, requests]).toEqual([200, 1]);
  });

  it.each([undefined, '0'])('gets neither a call nor a socket, with %s in the environment', async (value) => {
    const before = process.env[SWITCH];
    if (value !== undefined) process.env[SWITCH] = value;
    try {
      expect(await exchange()).toEqual({ outcome: 'away', reason: 'unreachable' });
      expect(await open().opened).toBe(false);
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, SWITCH);
      else process.env[SWITCH] = before;
    }
    expect(requests).toBe(1);
  });
});
