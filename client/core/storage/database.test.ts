import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDatabase, temporaryFolder } from '../testing/temporary-profile.js';
import { ProfileDatabase } from './database.js';
import { migrate } from './migrations.js';
import { StorageError } from './storage-error.js';

const key = (byte: number) => new Uint8Array(32).fill(byte);
const faultOf = (work: () => unknown): string | undefined => {
  try {
    work();
  } catch (error) {
    return error instanceof StorageError ? error.fault : 'another error';
  }
  return undefined;
};
const withTable = (): ProfileDatabase => {
  const database = temporaryDatabase();
  database.exec('CREATE TABLE fruit (name TEXT PRIMARY KEY) STRICT');
  return database;
};
const fruits = (database: ProfileDatabase) =>
  database.all('SELECT name FROM fruit ORDER BY name').map((row) => row['name']);
const add = (database: ProfileDatabase, name: string) => database.run('INSERT INTO fruit VALUES (?)', [name]);

describe('the profile database', () => {
  it('opens again with its key, with all its tables, and with no other key', () => {
    const path = join(temporaryFolder(), 'sotto.db');
    const first = ProfileDatabase.open(path, key(1));
    first.run("INSERT INTO counter VALUES ('kept', 3)");
    first.close();
    expect(faultOf(() => ProfileDatabase.open(path, key(2)))).toBe('unreadable');
    const again = ProfileDatabase.open(path, key(1));
    expect(again.get('SELECT * FROM counter')).toEqual({ name: 'kept', value: 3 });
    again.close();
  });

  it('refuses a key of another length', () => {
    expect(faultOf(() => ProfileDatabase.open(join(temporaryFolder(), 'sotto.db'), new Uint8Array(31)))).toBe(
      'unreadable',
    );
  });

  it('says every pragma that durability and safety rest on', () => {
    const database = temporaryDatabase();
    const pragma = (name: string) => Object.values(database.get(`PRAGMA ${name}`) ?? {})[0];
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(2);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('temp_store')).toBe(2);
    expect(pragma('trusted_schema')).toBe(0);
    expect(pragma('secure_delete')).toBe(1);
    expect(pragma('busy_timeout')).toBe(5000);
    // The tables of the full-text index are SQLite's own.
    const loose = database.all(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'
         AND name NOT GLOB 'message_search*'`,
    );
    expect(loose).toEqual([]);
    database.close();
  });

  it('holds nothing readable on disk, in the log neither', () => {
    const path = join(temporaryFolder(), 'sotto.db');
    const database = ProfileDatabase.open(path, key(1));
    database.run("INSERT INTO counter VALUES ('CANARY-canary-CANARY', 1)");
    for (const file of [path, `${path}-wal`]) {
      const content = readFileSync(file);
      expect(content.length).toBeGreaterThan(0);
      expect(content.includes('CANARY-canary')).toBe(false);
      expect(content.includes('SQLite format')).toBe(false);
      expect(content.includes('CREATE TABLE')).toBe(false);
    }
    database.close();
  });

  it('can be given another key, after which the first opens nothing', () => {
    const path = join(temporaryFolder(), 'sotto.db');
    const database = ProfileDatabase.open(path, key(1));
    database.run("INSERT INTO counter VALUES ('kept', 3)");
    database.rekey(key(2));
    database.run("INSERT INTO counter VALUES ('after', 4)");
    database.close();
    expect(faultOf(() => ProfileDatabase.open(path, key(1)))).toBe('unreadable');
    const again = ProfileDatabase.open(path, key(2));
    expect(again.all('SELECT name FROM counter ORDER BY name')).toEqual([{ name: 'after' }, { name: 'kept' }]);
    again.close();
  });
});

describe('a transaction', () => {
  it('commits as a whole or not at all', () => {
    const database = withTable();
    database.atomically(() => {
      add(database, 'apple');
      add(database, 'pear');
    });
    expect(() =>
      database.atomically(() => {
        add(database, 'plum');
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(fruits(database)).toEqual(['apple', 'pear']);
  });

  it('takes nested ones in, and does not commit over a nested one that failed', () => {
    const database = withTable();
    database.atomically(() => {
      add(database, 'apple');
      database.atomically(() => add(database, 'pear'));
    });
    const swallowed = faultOf(() =>
      database.atomically(() => {
        add(database, 'plum');
        try {
          database.atomically(() => {
            add(database, 'quince');
            throw new Error('inner');
          });
        } catch {
          // A caller that forgets about the failure must not commit half of the work.
        }
      }),
    );
    expect(swallowed).toBe('failed');
    expect(fruits(database)).toEqual(['apple', 'pear']);
  });

  it('tells about what it did only after the commit, and not after a rollback', () => {
    const database = withTable();
    const told: string[] = [];
    database.atomically(() => {
      database.atomically(() => {
        add(database, 'apple');
        database.afterCommit(() => told.push(`apple of ${fruits(database).length}`));
      });
      add(database, 'pear');
      expect(told).toEqual([]);
    });
    expect(told).toEqual(['apple of 2']);
    expect(() =>
      database.atomically(() => {
        database.afterCommit(() => told.push('never'));
        add(database, 'apple');
      }),
    ).toThrow(StorageError);
    database.atomically(() => add(database, 'plum'));
    expect(told).toEqual(['apple of 2']);
    database.afterCommit(() => told.push('at once'));
    expect(told).toEqual(['apple of 2', 'at once']);
  });

  it('names no value in its errors', () => {
    const database = withTable();
    add(database, 'SECRET');
    try {
      add(database, 'SECRET');
      throw new Error('not reached');
    } catch (error) {
      expect((error as Error).message).toBe('the database refused (SQLITE_CONSTRAINT_PRIMARYKEY)');
    }
  });
});

describe('migrations', () => {
  it('run forward in order, each once', () => {
    const database = temporaryDatabase();
    const had = database.userVersion;
    const steps = [...Array.from({ length: had }, () => 'not run'), 'CREATE TABLE one (a TEXT) STRICT'];
    migrate(database, steps);
    migrate(database, [...steps, "INSERT INTO one VALUES ('x')"]);
    migrate(database, [...steps, "INSERT INTO one VALUES ('x')"]);
    expect(database.all('SELECT a FROM one')).toEqual([{ a: 'x' }]);
    expect(database.userVersion).toBe(had + 2);
  });

  it('leave nothing of a step that fails', () => {
    const database = temporaryDatabase();
    const had = database.userVersion;
    const steps = [
      ...Array.from({ length: had }, () => ''),
      'CREATE TABLE one (a TEXT) STRICT; CREATE TABLE one (b TEXT)',
    ];
    expect(faultOf(() => migrate(database, steps))).toBe('failed');
    expect(database.userVersion).toBe(had);
    expect(database.get("SELECT 1 FROM sqlite_schema WHERE name = 'one'")).toBeUndefined();
  });

  it('refuse a database of a newer version, unchanged', () => {
    const path = join(temporaryFolder(), 'sotto.db');
    const database = ProfileDatabase.open(path, key(1));
    database.userVersion += 1;
    const version = database.userVersion;
    database.close();
    expect(faultOf(() => ProfileDatabase.open(path, key(1)))).toBe('newer');
    expect(version).toBeGreaterThan(1);
  });
});
