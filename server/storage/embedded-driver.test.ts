import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { enqueue, newAccount, newDevice, newEnvelope, NOW, username } from '../testing/records.js';
import { EmbeddedConnection } from './embedded-driver.js';
import { openStorage } from './open-storage.js';
import { StatementCache } from './statement-cache.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const CANARY = 'canary_in_the_mailbox';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-embedded-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const fileTexts = (): string[] => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));

/** Writes canaries of every kind of value, with the write-ahead log still beside the database. */
const fill = async () => {
  const storage = await openStorage(`embedded:${folder}`);
  const account = newAccount({ username: username(CANARY), email: `${CANARY}@example.org` });
  await storage.accounts.create(account);
  const device = newDevice(account.accountId);
  await storage.devices.activate(device);
  await enqueue(storage, newEnvelope(device, { ciphertext: new Uint8Array(Buffer.from(CANARY.repeat(500))) }));
  await storage.serverSecrets.loadOrCreate(() => new Map([[CANARY, new Uint8Array(Buffer.from(CANARY))]]), NOW);
  return storage;
};

describe('the embedded database at rest', () => {
  it('shows nothing of what it holds, in any of its files', async () => {
    const storage = await fill();
    const whileOpen = fileTexts();
    await storage.close();
    for (const text of [...whileOpen, ...fileTexts()]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain('SQLite format 3');
      expect(text).not.toContain('CREATE TABLE');
    }
    // The search itself works: the same bytes are found where they are not encrypted.
    writeFileSync(join(folder, 'planted'), CANARY);
    expect(fileTexts().some((text) => text.includes(CANARY))).toBe(true);
  });

  it('has a key that only its owner may read', async () => {
    const storage = await openStorage(`embedded:${folder}`);
    await storage.close();
    expect(statSync(join(folder, 'server.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).toSorted()).toEqual(['server.db', 'server.key']);
  });

  it('refuses another key, and is whole with its own', async () => {
    const storage = await fill();
    await storage.close();
    const keyFile = join(folder, 'server.key');
    const key = readFileSync(keyFile, 'latin1');
    writeFileSync(keyFile, `${'0'.repeat(64)}\n`);
    await expect(openStorage(`embedded:${folder}`)).rejects.toThrow('does not open the embedded database');
    writeFileSync(keyFile, key);
    const again = await openStorage(`embedded:${folder}`);
    expect(await again.accounts.findByUsername(username(CANARY))).toMatchObject({ username: CANARY });
    await again.close();
  });

  it('makes no new key for a database that lost its own', async () => {
    const storage = await fill();
    await storage.close();
    unlinkSync(join(folder, 'server.key'));
    const open = openStorage(`embedded:${folder}`);
    await expect(open).rejects.toThrow(UnusableDatabaseError);
    await expect(open).rejects.toThrow('Put the key file back');
    expect(readdirSync(folder)).toEqual(['server.db']);
  });

  it.each([
    ['cut', (text: string) => text.slice(0, 40)],
    ['empty', () => ''],
    ['not hex', (text: string) => text.replace(/./, 'z')],
  ])('refuses a key file that is %s', async (_name, damage) => {
    const storage = await openStorage(`embedded:${folder}`);
    await storage.close();
    const keyFile = join(folder, 'server.key');
    writeFileSync(keyFile, damage(readFileSync(keyFile, 'latin1')));
    await expect(openStorage(`embedded:${folder}`)).rejects.toThrow('is damaged');
  });

  it('refuses a key that others may read, and says what to do', async () => {
    const storage = await openStorage(`embedded:${folder}`);
    await storage.close();
    chmodSync(join(folder, 'server.key'), 0o644);
    await expect(openStorage(`embedded:${folder}`)).rejects.toThrow('chmod 600');
  });
});

describe('the embedded driver', () => {
  const connected = (): EmbeddedConnection => {
    const connection = new EmbeddedConnection(join(folder, 'driver.db'));
    connection.unlock('ab'.repeat(32));
    connection.prepare('CREATE TABLE t (a)').run();
    return connection;
  };

  it.each([
    ['a fraction', 1.5],
    ['an unsafe integer', 2 ** 53],
    ['not a number', Number.NaN],
    ['a boolean', true],
    ['a bigint', 1n],
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['an object', {}],
    ['a list', [1]],
  ])('refuses %s as a parameter', (_name, value) => {
    const connection = connected();
    expect(() => connection.prepare('INSERT INTO t VALUES (?)').run(value)).toThrow(
      /Parameter 1 of the statement is a/,
    );
    expect(connection.prepare('SELECT * FROM t').all()).toEqual([]);
    connection.close();
  });

  it.each([
    ['NULL', null],
    ['the greatest safe integer', Number.MAX_SAFE_INTEGER],
    ['the least safe integer', Number.MIN_SAFE_INTEGER],
    ['text with a NUL inside', 'a\0b'],
    ['text that looks like a number', '007'],
    ['text of every plane', 'Ж€😀'],
  ])('gives %s back as it was', (_name, value) => {
    const connection = connected();
    connection.prepare('INSERT INTO t VALUES (?)').run(value);
    expect(connection.prepare('SELECT a FROM t').all()).toEqual([{ a: value }]);
    connection.close();
  });

  it('gives a view into a larger buffer back as its own bytes', () => {
    const connection = connected();
    connection.prepare('INSERT INTO t VALUES (?)').run(Buffer.from('0123456789').subarray(3, 6));
    const [row] = connection.prepare('SELECT a FROM t').all();
    expect(Buffer.from(row!['a'] as Uint8Array).toString()).toBe('345');
    connection.close();
  });

  it('runs a statement that its cache has closed meanwhile', () => {
    const connection = connected();
    const early = connection.prepare('SELECT 1 AS one');
    expect(early.all()).toEqual([{ one: 1 }]);
    for (let number = 0; number < 1_000; number += 1) connection.prepare(`SELECT ${number} AS n`).all();
    expect(early.all()).toEqual([{ one: 1 }]);
    connection.close();
  });

  it('knows which statements answer with rows', () => {
    const connection = connected();
    const isReader = (sql: string) => connection.prepare(sql).reader;
    expect(['SELECT 1', ' with x as (select 1) select * from x', 'PRAGMA user_version'].map(isReader)).toEqual([
      true,
      true,
      true,
    ]);
    expect(isReader('INSERT INTO t VALUES (1) RETURNING a')).toBe(true);
    expect(['INSERT INTO t VALUES (1)', 'UPDATE t SET a = 1', 'BEGIN IMMEDIATE'].map(isReader)).toEqual([
      false,
      false,
      false,
    ]);
    connection.close();
  });
});

describe('the statement cache', () => {
  it('closes what was used longest ago, and everything at the end', () => {
    const closed: string[] = [];
    const cache = new StatementCache(2, (sql) => ({ sql, close: () => void closed.push(sql) }));
    cache.get('a');
    cache.get('b');
    cache.get('a');
    cache.get('c');
    expect(closed).toEqual(['b']);
    cache.clear();
    expect(closed.toSorted()).toEqual(['a', 'b', 'c']);
  });
});
