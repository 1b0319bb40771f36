import { execFile } from 'node:child_process';
import { createServer, get, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { selfSigned } from './testing/self-signed.js';

jest.setTimeout(60_000);

const PROBE = fileURLToPath(new URL('./testing/tls-probe.ts', import.meta.url));

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

  /** In a process of its own: Node reads this switch from the real environment, which a test cannot change. */
  const probe = async (NODE_TLS_REJECT_UNAUTHORIZED: string): Promise<unknown> => {
    const node = ['--conditions=sotto-src', '--import', 'tsx', PROBE, origin];
    const env = { ...process.env, NODE_OPTIONS: '', NODE_TLS_REJECT_UNAUTHORIZED };
    const { stdout } = await promisify(execFile)(process.execPath, node, { env });
    return JSON.parse(stdout);
  };

  it('is there for those who check nothing', async () => {
    const status = await new Promise((resolve, reject) => {
      get(`${origin}/v1/health`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect([status, requests]).toEqual([200, 1]);
  });

  it.each(['1', '0'])('gets neither a call nor a socket, with NODE_TLS_REJECT_UNAUTHORIZED=%s', async (value) => {
    expect(await probe(value)).toEqual({ call: 'away', opened: false });
    expect(requests).toBe(1);
  });
});
