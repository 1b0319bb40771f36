import { describe, expect, it } from '@jest/globals';
import mysql from 'mysql2/promise';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { requireDurableMysql } from './durability.js';
import { Gate } from './gate.js';
import { openStorage } from './open-storage.js';

const DURABLE = { flush_at_commit: 1, binlog: 1, sync_binlog: 1, sql_mode: 'STRICT_ALL_TABLES' };

const check = (settings: Partial<typeof DURABLE>): Promise<void> =>
  requireDurableMysql({ rows: async () => [{ ...DURABLE, ...settings }] });

describe('what MySQL must be set to', () => {
  it('accepts a durable server', async () => {
    await check({});
    await check({ binlog: 0, sync_binlog: 0 });
  });

  it.each([
    [{ flush_at_commit: 0 }, 'innodb_flush_log_at_trx_commit = 1'],
    [{ flush_at_commit: 2 }, 'innodb_flush_log_at_trx_commit = 1'],
    [{ sync_binlog: 0 }, 'sync_binlog = 1'],
    [{ sync_binlog: 100 }, 'sync_binlog = 1'],
    [{ sql_mode: 'NO_ENGINE_SUBSTITUTION' }, "sql_mode = 'STRICT_ALL_TABLES'"],
  ])('refuses %j and says what to set', async (settings, words) => {
    await expect(check(settings)).rejects.toThrow(words);
  });
});

describeOnEveryDatabase('durability', (databases) => {
  it('holds in every connection', async () => {
    const { storage } = await databases.open();
    const gate = storage.transactions;
    if (!(gate instanceof Gate)) throw new Error('The storage has no gate');
    const ask = (sql: string) => gate.use(async (session) => (await session.rows(sql, []))[0]);
    if (databases.engine === 'embedded') {
      expect(await ask('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
      // 2 is FULL: the log reaches the disk at every commit.
      expect(await ask('PRAGMA synchronous')).toEqual({ synchronous: 2 });
      expect(await ask('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
      expect(await ask('PRAGMA temp_store')).toEqual({ temp_store: 2 });
    } else {
      const isolation = databases.engine === 'MariaDB' ? '@@tx_isolation' : '@@transaction_isolation';
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          ask(`SELECT ${isolation} AS isolation, @@sql_mode AS mode, @@time_zone AS zone`),
        ),
      );
      for (const answer of answers)
        expect(answer).toEqual({
          isolation: 'READ-COMMITTED',
          mode: 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
          zone: '+00:00',
        });
    }
  });

  // The setting is the whole server's, so only a server that belongs to this suite alone can be spoiled.
  if (databases.engine === 'MariaDB')
    it('is demanded at the start, and only an explicit option lets it go', async () => {
      const { url } = await databases.open();
      const connection = await mysql.createConnection(url);
      try {
        await connection.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2');
        await expect(openStorage(url)).rejects.toThrow('innodb_flush_log_at_trx_commit = 1');
        const storage = await openStorage(url, { dangerouslyAllowUnsafeDurability: true });
        await storage.close();
      } finally {
        await connection.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
        await connection.end();
      }
    });
});
