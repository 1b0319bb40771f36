import { once } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { MIGRATIONS } from '@sotto/migrations';
import type { DataSource } from 'typeorm';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { enqueue, newEnvelope, registered } from '../testing/records.js';
import { MODULES, startStorageProcess } from '../testing/storage-process.js';
import { connectDataSource } from './data-source.js';
import { parseDatabaseUrl } from './database-url.js';
import { openStorage } from './open-storage.js';

const withDataSource = async <Result>(
  url: string,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> => {
  const dataSource = await connectDataSource(parseDatabaseUrl(url));
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
};

const isMysql = (dataSource: DataSource): boolean => dataSource.options.type !== 'better-sqlite3';

const tablesOf = async (dataSource: DataSource): Promise<string[]> => {
  const rows: { name: string }[] = await dataSource.query(
    isMysql(dataSource)
      ? 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()'
      : "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  return rows.map((row) => row.name).toSorted();
};

/** Everything that stands in the database, in the order of its columns. */
const rowsOf = async (dataSource: DataSource): Promise<ReadonlyMap<string, readonly object[]>> => {
  const tables = new Map<string, readonly object[]>();
  for (const table of await tablesOf(dataSource)) {
    const rows: object[] = await dataSource.query(`SELECT * FROM ${table}`);
    tables.set(
      table,
      rows.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)),
    );
  }
  return tables;
};

/** The rows without the columns that their earlier form did not have. */
const onlyColumns = (rows: readonly object[], earlier: readonly object[]): readonly object[] => {
  const columns = Object.keys(earlier[0] ?? {});
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => columns.includes(column))));
};

const ledger = async (dataSource: DataSource): Promise<string[]> => {
  const rows: { name: string }[] = await dataSource.query('SELECT name FROM migrations ORDER BY id');
  return rows.map((row) => row.name);
};

const ledgerOf = (url: string): Promise<string[]> => withDataSource(url, ledger);

/** The last migration of the release before this one. Moves with each release. */
const RELEASE_BEFORE = 'CreateArchiveSegment1764547200027';
const SINCE_RELEASE_BEFORE = MIGRATIONS.slice(MIGRATIONS.findIndex(({ name }) => name === RELEASE_BEFORE) + 1);

const NAMES = MIGRATIONS.map((Migration) => Migration.name);

describeOnEveryDatabase('migrations', (databases) => {
  jest.setTimeout(60_000);
  it('make exactly the schema that the entities describe', async () => {
    const { url } = await databases.open();
    const drift = await withDataSource(url, (dataSource) => dataSource.driver.createSchemaBuilder().log());
    expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('show a drift when there is one', async () => {
    const { url } = await databases.open();
    const drift = await withDataSource(url, async (dataSource) => {
      await dataSource.query('ALTER TABLE server_secret ADD COLUMN stray int');
      return dataSource.driver.createSchemaBuilder().log();
    });
    expect(drift.upQueries.length).toBeGreaterThan(0);
  });

  it('go down to nothing and up again', async () => {
    const { url } = await databases.open();
    await withDataSource(url, async (dataSource) => {
      const made = await tablesOf(dataSource);
      for (const _ of MIGRATIONS) await dataSource.undoLastMigration({ transaction: 'none' });
      expect(await tablesOf(dataSource)).toEqual(['migrations']);
      await dataSource.runMigrations({ transaction: 'none' });
      expect(await tablesOf(dataSource)).toEqual(made);
      // Every migration but the two that change the accounts makes a table; their ledger is one too.
      expect(made).toHaveLength(MIGRATIONS.length - 2 + 1);
    });
  });

  it('change a filled database of the release before, there and back, and keep what stands in it', async () => {
    const { url, storage } = await databases.open();
    const devices = await registered(storage, 20);
    await enqueue(storage, ...devices.flatMap((device) => [newEnvelope(device), newEnvelope(device)]));
    await withDataSource(url, async (dataSource) => {
      if (!isMysql(dataSource)) await dataSource.query('PRAGMA foreign_keys = OFF');
      for (const _ of SINCE_RELEASE_BEFORE) await dataSource.undoLastMigration({ transaction: 'none' });
      expect(await ledger(dataSource)).toEqual(NAMES.slice(0, NAMES.indexOf(RELEASE_BEFORE) + 1));
      const before = await rowsOf(dataSource);
      expect(before.get('device')).toHaveLength(20);
      expect(before.get('envelope')).toHaveLength(40);
      await dataSource.runMigrations({ transaction: 'none' });
      const after = await rowsOf(dataSource);
      for (const [table, rows] of before)
        if (table !== 'migrations') expect([table, onlyColumns(after.get(table) ?? [], rows)]).toEqual([table, rows]);
      for (const _ of SINCE_RELEASE_BEFORE) await dataSource.undoLastMigration({ transaction: 'none' });
      const again = await rowsOf(dataSource);
      for (const [table, rows] of before) expect([table, again.get(table)]).toEqual([table, rows]);
    });
  });

  it('go on where a killed start stopped between a table and the note about it', async () => {
    const { url } = await databases.empty();
    await withDataSource(url, async (dataSource) => {
      await dataSource.runMigrations({ transaction: 'none' });
      await dataSource.query('DELETE FROM migrations WHERE name = ?', [NAMES.at(-1)]);
    });
    const storage = await openStorage(url);
    await storage.close();
    expect(await ledgerOf(url)).toEqual(NAMES);
  });

  it('refuse a database that a newer version has migrated', async () => {
    const { url } = await databases.open();
    await withDataSource(url, (dataSource) =>
      dataSource.query('INSERT INTO migrations (timestamp, name) VALUES (?, ?)', [
        2_000_000_000_000,
        'Later2000000000000',
      ]),
    );
    await expect(openStorage(url)).rejects.toThrow(/newer version of Sotto \(Later2000000000000\)/);
  });

  it('run once when two processes start at the same time', async () => {
    const { url } = await databases.empty();
    const complaints = await Promise.all([startProcess(url), startProcess(url), startProcess(url)]);
    expect(complaints).toEqual(['', '', '']);
    expect(await ledgerOf(url)).toEqual(NAMES);
  }, 60_000);
});

/** Opens the storage in a process of its own; answers what it had to complain about. */
const startProcess = async (url: string): Promise<string> => {
  const program = `
    const { openStorage } = await import(${JSON.stringify(MODULES.openStorage)});
    const storage = await openStorage(process.env.DATABASE_URL);
    await storage.close();`;
  const child = startStorageProcess(program, url);
  const complaints: string[] = [];
  child.stderr!.on('data', (chunk: Buffer) => complaints.push(chunk.toString('utf8')));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0 ? '' : complaints.join('');
};

describe('a start without a database', () => {
  it('fails with the connection error and leaves nothing open', async () => {
    await expect(openStorage('mysql://nobody:secret@127.0.0.1:1/sotto')).rejects.toThrow(/ECONNREFUSED/);
  });
});
