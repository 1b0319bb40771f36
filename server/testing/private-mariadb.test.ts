import { describe, expect, it } from '@jest/globals';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasMariaDb, startPrivateMariaDb } from './private-mariadb.js';

const TIMEOUT_MS = 180_000;

const suite = hasMariaDb() || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasMariaDb()) process.stderr.write('Private MariaDB: not run, because mariadbd is not installed\n');

suite('A MariaDB of a test run', () => {
  it(
    'deletes no temporary table of another one',
    async () => {
      const table = join(tmpdir(), '#sql-temptable-1-1-1.MAI');
      writeFileSync(table, '');
      try {
        const server = await startPrivateMariaDb();
        await server.stop();
        expect(existsSync(table)).toBe(true);
      } finally {
        rmSync(table, { force: true });
      }
    },
    TIMEOUT_MS,
  );
});
