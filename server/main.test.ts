import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { exchange } from './testing/client/rest-calls.js';
import { startServerProcess } from './testing/client/server-process.js';

const TIMEOUT_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'sotto-main-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('The server process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says where it listens, keeps its data in one folder, and stops cleanly at %s',
    async (signal) => {
      const server = startServerProcess({ SOTTO_DATA: folder, SOTTO_LOG_LEVEL: 'error' });
      const address = await server.listening();
      expect(JSON.parse((await exchange(address, { path: '/v1/ready' })).text)).toEqual({ status: 'ok' });
      expect(readdirSync(folder).toSorted()).toEqual(['blobs', 'database']);
      server.signal(signal);
      expect(await server.ended).toBe(0);
      expect(server.output.stderr).toBe('');
    },
    TIMEOUT_MS,
  );

  it(
    'says in words what to change, and ends, where it must not run',
    async () => {
      const open = startServerProcess({ SOTTO_DATA: folder, SOTTO_HOST: '0.0.0.0' });
      expect(await open.ended).toBe(1);
      expect(open.output.stderr).toContain('set SOTTO_BEHIND_TLS_PROXY=1, or set SOTTO_HOST=127.0.0.1');
      expect(open.output.stderr).not.toContain('    at ');
      const database = startServerProcess({ SOTTO_DATA: folder, DATABASE_URL: 'postgres://user:hunter2@host/db' });
      expect(await database.ended).toBe(1);
      expect(database.output.stderr).toContain('mysql://');
      expect(database.output.stderr).not.toContain('hunter2');
    },
    TIMEOUT_MS,
  );

  it(
    'says that another program has its port',
    async () => {
      const first = startServerProcess({ SOTTO_DATA: folder });
      const port = new URL(await first.listening()).port;
      const second = startServerProcess({ SOTTO_DATA: join(folder, 'second'), SOTTO_PORT: port });
      expect(await second.ended).toBe(1);
      expect(second.output.stderr).toContain('Set SOTTO_PORT or SOTTO_HOST to something else');
      first.signal('SIGTERM');
      expect(await first.ended).toBe(0);
    },
    TIMEOUT_MS,
  );
});
