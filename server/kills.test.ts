import { afterEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvelopeId } from '@sotto/protocol/ids';
import mysql from 'mysql2/promise';
import { startServerProcess, type ServerProcess } from './testing/client/server-process.js';
import { StubbornDevice } from './testing/client/stubborn-device.js';
import { eventually, registerPerson } from './testing/client/test-servers.js';
import { freePort } from './testing/guarded-process.js';
import { hasMariaDb, startPrivateMariaDb } from './testing/private-mariadb.js';
import { hasRedis, startPrivateRedis } from './testing/private-redis.js';
import { counted, seededNumbers } from './testing/scale.js';

/** 200 in full. */
const KILLS = counted(200);
const PEOPLE = 6;
const TIMEOUT_MS = 180_000 + KILLS * 20_000;

const canRun = hasMariaDb() && hasRedis();
const suite = canRun || process.env['CI'] === 'true' ? describe : describe.skip;
if (!canRun) process.stderr.write('Kills under load: not run, because mariadbd or redis-server is not installed\n');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

suite('Servers, database and Redis that are killed under load', () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  }, TIMEOUT_MS);

  /** Both processes on ports of their own, to which they come back. */
  const ground = async () => {
    const database = await startPrivateMariaDb();
    endings.push(() => database.stop());
    const connection = await mysql.createConnection(database.url);
    await connection.query('CREATE DATABASE sotto CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
    await connection.end();
    const redisPort = await freePort();
    let redis = await startPrivateRedis(redisPort);
    endings.push(() => redis.stop());
    const folder = mkdtempSync(join(tmpdir(), 'sotto-kills-'));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const ports = [await freePort(), await freePort()];
    const start = (port: number): ServerProcess =>
      startServerProcess({
        SOTTO_DATA: folder,
        SOTTO_PORT: String(port),
        SOTTO_LIMIT_FACTOR: '100000',
        DATABASE_URL: `${database.url}/sotto`,
        REDIS_URL: redis.url,
      });
    const servers: ServerProcess[] = [];
    // One after the other: the first makes the schema.
    for (const port of ports) {
      const server = start(port);
      servers.push(server);
      await server.listening();
    }
    endings.push(() => {
      for (const server of servers) server.signal('SIGKILL');
    });
    const kill = {
      server: async (index: number) => {
        servers[index]?.signal('SIGKILL');
        await servers[index]?.ended;
        await pause(100);
        const next = start(ports[index] ?? 0);
        servers[index] = next;
        return next.listening();
      },
      database: async () => {
        process.kill(database.pid!, 'SIGKILL');
        await pause(100);
        await database.revive();
      },
      redis: async () => {
        process.kill(redis.pid, 'SIGKILL');
        await redis.stop();
        await pause(100);
        redis = await startPrivateRedis(redisPort);
      },
    };
    return { addresses: ports.map((port) => `http://127.0.0.1:${port}`), kill };
  };

  // What was sent again for want of an answer may come again: applications know it by its id, as `received` does.
  it(
    'lose nothing that was accepted, and deliver nothing again that was deleted and not sent again',
    async () => {
      const { addresses, kill } = await ground();
      const random = seededNumbers();
      const devices: StubbornDevice[] = [];
      const repeated = new Set<EnvelopeId>();
      for (let index = 0; index < PEOPLE; index += 1) {
        const person = await registerPerson({ address: addresses[index % 2] ?? '' });
        devices.push(new StubbornDevice(person, { addresses, repeated }));
      }
      const choose = () => devices[Math.floor(random() * PEOPLE)] ?? devices[0]!;
      for (const device of devices) device.start(choose);
      endings.push(() => Promise.all(devices.map((device) => device.stop())));
      const accepted = () => devices.reduce((sum, device) => sum + device.accepted.size, 0);
      const victims = {
        'first server': () => kill.server(0),
        'second server': () => kill.server(1),
        database: kill.database,
        redis: kill.redis,
        'both servers': () => Promise.all([kill.server(0), kill.server(1)]),
        'server and Redis': () => Promise.all([kill.server(1), kill.redis()]),
      };
      const names = Object.keys(victims) as (keyof typeof victims)[];
      const log = process.env['SOTTO_KILL_LOG'];
      for (let count = 0; count < KILLS; count += 1) {
        const before = accepted();
        // In the middle of work: something has been accepted since everybody was back.
        await eventually(() => accepted() > before + 5, 'work to go on');
        await pause(random() * 300);
        const name = names[Math.floor(random() * names.length)] ?? 'database';
        if (log !== undefined) appendFileSync(log, `${count} ${name} after ${accepted()} accepted\n`);
        await victims[name]();
      }
      for (const device of devices) device.stopWriting();
      const missing = () =>
        devices.flatMap((device) =>
          [...device.accepted].filter(([id, { to, text }]) => to.received.get(id) !== text).map(([, { text }]) => text),
        );
      await eventually(() => missing().length === 0, 'everything that was accepted to arrive');
      expect(devices.flatMap(({ violations }) => violations)).toEqual([]);
      expect(accepted()).toBeGreaterThan(KILLS * 5);
    },
    TIMEOUT_MS,
  );
});
