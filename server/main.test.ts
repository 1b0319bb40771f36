import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { exchange } from './testing/client/rest-calls.js';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const TIMEOUT_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'sotto-main-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The server as a process of its own, from its sources. */
const start = (settings: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=sotto-src', MAIN], {
    env: { PATH: process.env['PATH'], SOTTO_PORT: '0', SOTTO_DATA: folder, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString('utf8');
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const listening = async (): Promise<string> => {
    for (;;) {
      const address = /"event":"sotto-server listening on (http:\/\/127\.0\.0\.1:\d+)"/.exec(output.stdout)?.[1];
      if (address !== undefined) return address;
      if (child.exitCode !== null) throw new Error(`ended before it listened: ${output.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, output, ended, listening };
};

describe('The server process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says where it listens, keeps its data in one folder, and stops cleanly at %s',
    async (signal) => {
      const server = start({ SOTTO_LOG_LEVEL: 'error' });
      const address = await server.listening();
      expect(JSON.parse((await exchange(address, { path: '/v1/ready' })).text)).toEqual({ status: 'ok' });
      expect(readdirSync(folder)).toEqual(['database']);
      server.child.kill(signal);
      expect(await server.ended).toBe(0);
      expect(server.output.stderr).toBe('');
    },
    TIMEOUT_MS,
  );

  it(
    'says in words what to change, and ends, where it must not run',
    async () => {
      const open = start({ SOTTO_HOST: '0.0.0.0' });
      expect(await open.ended).toBe(1);
      expect(open.output.stderr).toContain('set SOTTO_BEHIND_TLS_PROXY=1, or set SOTTO_HOST=127.0.0.1');
      expect(open.output.stderr).not.toContain('    at ');
      const database = start({ DATABASE_URL: 'postgres://user:hunter2@host/db' });
      expect(await database.ended).toBe(1);
      expect(database.output.stderr).toContain('mysql://');
      expect(database.output.stderr).not.toContain('hunter2');
    },
    TIMEOUT_MS,
  );

  it(
    'says that another program has its port',
    async () => {
      const first = start({});
      const port = new URL(await first.listening()).port;
      const second = start({ SOTTO_PORT: port, SOTTO_DATA: join(folder, 'second') });
      expect(await second.ended).toBe(1);
      expect(second.output.stderr).toContain('Set SOTTO_PORT or SOTTO_HOST to something else');
      first.child.kill('SIGTERM');
      expect(await first.ended).toBe(0);
    },
    TIMEOUT_MS,
  );
});
