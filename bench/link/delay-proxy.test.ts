import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterEach, expect, it } from '@jest/globals';
import { startDelayProxy, type DelayProxy } from './delay-proxy.js';

const server = createServer((request, response) => request.pipe(response));
let proxy: DelayProxy | undefined;

afterEach(async () => {
  await proxy?.stop();
  server.close();
});

it('passes everything on in order, a round trip later', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = server.address();
  if (own === null || typeof own === 'string') throw new Error('no port');
  proxy = await startDelayProxy(`http://127.0.0.1:${String(own.port)}`, 40);
  const body = Buffer.from(Array.from({ length: 500_000 }, (_, index) => index % 251));
  const started = performance.now();
  const answer = await fetch(proxy.address, { method: 'POST', body });
  const echoed = Buffer.from(await answer.arrayBuffer());
  // A timer may fire a moment early; that it waited at all is what counts.
  expect(performance.now() - started).toBeGreaterThan(75);
  expect(echoed.equals(body)).toBe(true);
});
