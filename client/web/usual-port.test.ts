import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { usualPort } from './usual-port.js';

it('a profile has a port of its own, the same every time', async () => {
  const port = await usualPort('/profiles/alice');
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(30_000);
  expect(await usualPort('/profiles/alice')).toBe(port);
  expect(await usualPort('/profiles/bob')).not.toBe(port);
});

it('gives way to a program that has the port already', async () => {
  const port = await usualPort('/profiles/carol');
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  expect(await usualPort('/profiles/carol')).toBe(0);
  other.close();
  await once(other, 'close');
});
