import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { freePort } from './testing/guarded-process.js';
import { exchange, succeed } from './testing/client/rest-calls.js';
import { FrameClient } from './testing/client/frame-client.js';
import { startServerProcess, type ServerProcess } from './testing/client/server-process.js';
import { eventually, registerPerson, sendTo } from './testing/client/test-servers.js';
import { hasMariaDb, startPrivateMariaDb } from './testing/private-mariadb.js';
import { hasRedis, startPrivateRedis } from './testing/private-redis.js';

const TIMEOUT_MS = 180_000;
const canRun = hasMariaDb() && hasRedis();
const suite = canRun || process.env['CI'] === 'true' ? describe : describe.skip;
if (!canRun) process.stderr.write('Cluster: not run, because mariadbd or redis-server is not installed\n');

const isWorker = (pid: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes('NODE_UNIQUE_ID=');
  } catch {
    // It has just ended.
    return false;
  }
};

/** Children of a process that are workers of the cluster. */
const workersOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((text) => text !== '' && isWorker(text))
    .map(Number);

suite('Several workers behind one port', () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  });

  it(
    'needs a database and a Redis that several can share, and says so',
    async () => {
      const alone = startServerProcess({ SOTTO_DATA: tmpdir() }, 'cluster');
      expect(await alone.ended).toBe(1);
      expect(alone.output.stderr).toContain('set DATABASE_URL=mysql://… and REDIS_URL=redis://…');
    },
    TIMEOUT_MS,
  );

  it(
    'serve together, replace one that dies, roll over to new ones, and stop with nothing dropped',
    async () => {
      const [database, redis] = [await startPrivateMariaDb(), await startPrivateRedis()];
      endings.push(
        () => database.stop(),
        () => redis.stop(),
      );
      const connection = await mysql.createConnection(database.url);
      await connection.query('CREATE DATABASE sotto CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
      await connection.end();
      const folder = mkdtempSync(join(tmpdir(), 'sotto-cluster-'));
      endings.push(() => rmSync(folder, { recursive: true, force: true }));
      const metricsPort = await freePort();
      const primary: ServerProcess = startServerProcess(
        {
          SOTTO_DATA: folder,
          SOTTO_PORT: String(await freePort()),
          DATABASE_URL: `${database.url}/sotto`,
          REDIS_URL: redis.url,
          SOTTO_WORKERS: '2',
          SOTTO_LIMIT_FACTOR: '1000',
          SOTTO_CLUSTER_METRICS_PORT: String(metricsPort),
        },
        'cluster',
      );
      endings.push(() => {
        primary.signal('SIGKILL');
        return primary.ended;
      });
      const listening = () => primary.output.stdout.split('sotto-server listening on').length - 1;
      await eventually(() => listening() === 2, 'two workers to listen');
      const address = await primary.listening();
      const server = { address };
      const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
      // Enough sockets that both workers have some.
      const from = await Promise.all(Array.from({ length: 6 }, () => FrameClient.open(address, 'authenticated')));
      const sender = await FrameClient.authenticated(address, anna.token);
      const accepted = async (client: FrameClient) => (await client.request(sendTo(boris.account))).type;
      expect(await accepted(sender)).toBe('accepted');
      const total = async () => {
        const { text } = await exchange(`http://127.0.0.1:${metricsPort}`, { path: '/metrics' });
        return Number(/^sotto_build\{version="[^"]+"\} (\d+)/m.exec(text)?.[1]);
      };
      // A gauge of 1 in each worker.
      expect(await total()).toBe(2);

      const [victim, survivor] = workersOf(primary.pid);
      process.kill(victim!, 'SIGKILL');
      await eventually(() => listening() === 3, 'a worker in the place of the one that died');
      expect(workersOf(primary.pid)).toContain(survivor);
      expect(primary.output.stdout).toContain('cluster.workerEnded');

      const before = workersOf(primary.pid);
      primary.signal('SIGHUP');
      await eventually(() => primary.output.stdout.includes('cluster.rolledOver'), 'the roll-over');
      await eventually(() => workersOf(primary.pid).every((pid) => !before.includes(pid)), 'the old workers to end');
      const again = await FrameClient.authenticated(address, anna.token);
      expect(await accepted(again)).toBe('accepted');
      const reader = await FrameClient.authenticated(address, boris.token);
      await reader.deliveredCount(2);
      expect(await succeed(address, 'health')).toEqual({ status: 'ok' });

      primary.signal('SIGTERM');
      expect(await primary.ended).toBe(0);
      for (const client of [...from, sender, again, reader]) client.socket.terminate();
    },
    TIMEOUT_MS,
  );
});
