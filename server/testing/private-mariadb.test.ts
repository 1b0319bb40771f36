import { describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasMariaDb, startPrivateMariaDb } from './private-mariadb.js';

const TIMEOUT_MS = 180_000;

const suite = hasMariaDb() || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasMariaDb()) process.stderr.write('Private MariaDB: not run, because mariadbd is not installed\n');

suite('A MariaDB of a test run', () => {
  it(
    'deletes no temporary table of another one, as it would in a folder that they share',
    async () => {
      const [before, shared] = [process.env['TMPDIR'], mkdtempSync(join(tmpdir(), 'sotto-shared-'))];
      const table = join(shared, '#sql-temptable-1-1-1.MAI');
      try {
        process.env['TMPDIR'] = shared;
        writeFileSync(table, '');
        const server = await startPrivateMariaDb();
        await server.stop();
        expect(existsSync(table)).toBe(true);
      } finally {
        if (before === undefined) delete process.env['TMPDIR'];
        else process.env['TMPDIR'] = before;
        rmSync(shared, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );
});
