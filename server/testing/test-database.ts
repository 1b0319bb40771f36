import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { openStorage } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';

/** An empty, migrated database that nobody else uses. */
export interface TestDatabase {
  readonly url: string;
  readonly storage: Storage;
  /** The same database through connections of their own, as another server process has it. */
  openAgain(): Promise<Storage>;
  /** Closes all connections and removes the database. */
  remove(): Promise<void>;
}

/** Where a test database is to live: `embedded`, or the address of a MySQL-like server without a database. */
export type DatabasePlace = 'embedded' | { readonly serverUrl: string };

/** Address of a place in which there is nothing yet, and how to make it vanish. */
export interface EmptyPlace {
  readonly url: string;
  remove(): Promise<void>;
}

const onServer = async (serverUrl: string, statement: string): Promise<void> => {
  const connection = await mysql.createConnection(serverUrl);
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
};

/** An empty place, not migrated: for tests of the start itself. */
export const emptyPlace = async (place: DatabasePlace): Promise<EmptyPlace> => {
  if (place === 'embedded') {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-db-'));
    return { url: `embedded:${folder}`, remove: async () => rmSync(folder, { recursive: true, force: true }) };
  }
  const name = `sotto_${randomBytes(6).toString('hex')}`;
  await onServer(place.serverUrl, `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  return {
    url: `${place.serverUrl.replace(/\/$/, '')}/${name}`,
    remove: () => onServer(place.serverUrl, `DROP DATABASE ${name}`),
  };
};

export const openTestDatabase = async (place: DatabasePlace): Promise<TestDatabase> => {
  const { url, remove } = await emptyPlace(place);
  const opened: Storage[] = [];
  const open = async (): Promise<Storage> => {
    const storage = await openStorage(url);
    opened.push(storage);
    return storage;
  };
  const closeAll = () => Promise.all(opened.map((storage) => storage.close()));
  try {
    return { url, storage: await open(), openAgain: open, remove: () => closeAll().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
};
