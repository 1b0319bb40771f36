import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findProgram, freePort, startGuarded } from './guarded-process.js';

/** A Redis of this test run's own, in memory alone. */
export interface PrivateRedis {
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Whether a private Redis can be started here. */
export const hasRedis = (): boolean => findProgram('redis-server') !== undefined;

const pingOnce = async (url: string): Promise<void> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    // After a refused connection ioredis waits this long for it to close, and keeps the process.
    disconnectTimeout: 100,
  });
  // Without a listener ioredis prints each refused connection.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
};

/** @param onPort - where an earlier one has been, to come back as the same address */
export const startPrivateRedis = async (onPort?: number): Promise<PrivateRedis> => {
  const program = findProgram('redis-server');
  if (program === undefined) throw new Error('redis-server is not installed: apt-get install redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'sotto-redis-'));
  const port = onPort ?? (await freePort());
  const url = `redis://127.0.0.1:${port}`;
  const parameters = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const server = await startGuarded(program, parameters, () => pingOnce(url));
  return {
    url,
    pid: server.pid,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
