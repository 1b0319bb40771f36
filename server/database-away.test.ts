import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { startServer, type RunningServer } from './index.js';
import { FrameClient } from './testing/client/frame-client.js';
import { call, exchange } from './testing/client/rest-calls.js';
import { registerPerson, sendTo } from './testing/client/test-servers.js';
import { hasMariaDb, startPrivateMariaDb } from './testing/private-mariadb.js';
import { startPrivateMySql } from './testing/private-mysql.js';

const TIMEOUT_MS = 120_000;

/** `npm run test:mysql` names its server, which others need: this one is to die. */
const onRealMySql = (process.env['SOTTO_MYSQL_URL'] ?? '') !== '';
const canRun = onRealMySql || hasMariaDb();
const suite = canRun || process.env['CI'] === 'true' ? describe : describe.skip;
if (!canRun) process.stderr.write('Database away: not run, because mariadbd is not installed\n');

suite('A server whose database goes away', () => {
  let running: RunningServer | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sotto-away-'));
  afterEach(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'says that it is busy, accepts nothing, tells nothing else, and goes on living',
    async () => {
      const database = await (onRealMySql ? startPrivateMySql() : startPrivateMariaDb());
      const connection = await mysql.createConnection(database.url);
      await connection.query('CREATE DATABASE sotto CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
      await connection.end();
      const log: string[] = [];
      running = await startServer({
        settings: { SOTTO_PORT: '0', SOTTO_DATA: folder, DATABASE_URL: `${database.url}/sotto` },
        logTo: { write: (line: string) => void log.push(line) },
      });
      const { address } = running;
      const anna = await registerPerson({ address });
      const socket = await FrameClient.authenticated(address, anna.token);
      await socket.next('mailboxEmpty');
      await database.stop();

      expect(await socket.request(sendTo(anna.account))).toMatchObject({ type: 'failure', code: 'serverBusy' });
      expect(await call(address, 'preKeyCounts', { token: anna.token })).toMatchObject({
        status: 503,
        error: { code: 'serverBusy' },
      });
      const ready = await exchange(address, { path: '/v1/ready' });
      expect({ status: ready.status, body: JSON.parse(ready.text) }).toEqual({
        status: 503,
        body: { status: 'databaseAway' },
      });
      expect((await exchange(address, { path: '/v1/health' })).status).toBe(200);
      expect(log.some((line) => line.includes('http.failed') && line.includes('DatabaseError'))).toBe(true);
      await socket.close();
    },
    TIMEOUT_MS,
  );
});
