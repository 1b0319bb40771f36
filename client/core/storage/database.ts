import SqlCipher from '@signalapp/sqlcipher';
import type { Bytes } from '@sotto/protocol/wire';
import { migrate } from './migrations.js';
import { StorageError, storageError } from './storage-error.js';

export type SqlValue = string | number | null | Bytes;
export type Row = Readonly<Record<string, SqlValue>>;

/** Row ids as one parameter, `SELECT value FROM json_each(?)`: one statement for a batch of any size, prepared once. */
export const rowList = (rows: readonly number[]): string => JSON.stringify(rows);

const KEY_LENGTH = 32;

/** SQLCipher takes a key as hexadecimal text, so this one string cannot be wiped; nothing else is made of it. */
const keyLiteral = (key: Uint8Array): string => {
  if (key.length !== KEY_LENGTH) throw new StorageError('unreadable', 'the database key is not 32 bytes');
  return `"x'${Buffer.from(key.buffer, key.byteOffset, key.length).toString('hex')}'"`;
};

const configure = (driver: SqlCipher, key: Uint8Array): void => {
  // Otherwise SQLCipher writes its own lines about a wrong key to the terminal.
  driver.pragma('cipher_log_level = NONE');
  // A raw key: the key is random already, so SQLCipher need not stretch it. Must come before anything is read.
  driver.pragma(`key = ${keyLiteral(key)}`);
  driver.pragma('busy_timeout = 5000');
  driver.pragma('journal_mode = WAL');
  // Said explicitly: in WAL mode the build's default is NORMAL, which may lose the last commits at a power cut.
  driver.pragma('synchronous = FULL');
  driver.pragma('foreign_keys = ON');
  driver.pragma('temp_store = MEMORY');
  driver.pragma('trusted_schema = OFF');
  driver.pragma('secure_delete = ON');
  driver.pragma('cache_size = -65536');
};

/** The encrypted database of one profile: one connection, which alone reads and writes. All calls are synchronous. */
export class ProfileDatabase {
  readonly #driver: SqlCipher;
  #depth = 0;
  #doomed = false;
  #transaction: symbol | undefined;
  #afterCommit: (() => void)[] = [];

  private constructor(driver: SqlCipher) {
    this.#driver = driver;
  }

  /**
   * Opens or makes the database and brings its tables up to date.
   *
   * @param key - 32 random bytes
   * @throws StorageError `unreadable` with a wrong key, `newer` where a newer version wrote the file
   */
  static open(path: string, key: Uint8Array): ProfileDatabase {
    let driver: SqlCipher | undefined;
    try {
      driver = new SqlCipher(path, { cacheStatements: true });
      configure(driver, key);
      const database = new ProfileDatabase(driver);
      migrate(database);
      return database;
    } catch (error) {
      driver?.close();
      throw storageError(error);
    }
  }

  /** Runs a statement and returns the number of rows that it changed. */
  run(sql: string, params: readonly SqlValue[] = []): number {
    try {
      return this.#driver.prepare(sql).run(params).changes;
    } catch (error) {
      throw storageError(error);
    }
  }

  get(sql: string, params: readonly SqlValue[] = []): Row | undefined {
    try {
      return this.#driver.prepare(sql).get(params);
    } catch (error) {
      throw storageError(error);
    }
  }

  all(sql: string, params: readonly SqlValue[] = []): readonly Row[] {
    try {
      return this.#driver.prepare(sql).all(params);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Runs several statements without parameters. */
  exec(sql: string): void {
    try {
      this.#driver.exec(sql);
    } catch (error) {
      throw storageError(error);
    }
  }

  /**
   * Runs `work` in one `BEGIN IMMEDIATE` transaction; a nested call joins the outer one. An error undoes the whole: the outer
   * transaction cannot commit over a nested one that threw, even where somebody caught the error. `work` is synchronous: an
   * asynchronous one would commit before its late failure.
   */
  atomically = <T>(work: () => T): T => {
    if (this.#depth > 0) return this.#nested(work);
    this.run('BEGIN IMMEDIATE');
    this.#depth = 1;
    this.#transaction = Symbol('transaction');
    let result: T;
    try {
      result = work();
      if (this.#doomed) throw new StorageError('failed', 'a part of this transaction failed');
      this.run('COMMIT');
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#depth = 0;
      this.#doomed = false;
      this.#transaction = undefined;
    }
    this.#runAfterCommit();
    return result;
  };

  /** Names the transaction that is open now. */
  get transaction(): symbol | undefined {
    return this.#transaction;
  }

  #nested<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } catch (error) {
      this.#doomed = true;
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #rollBack(): void {
    this.#afterCommit = [];
    try {
      this.#driver.exec('ROLLBACK');
    } catch {
      // SQLite has already rolled back by itself (full disk, I/O error): the first error is the one to tell.
    }
  }

  /** Runs `run` once the transaction that is open now has committed; at once where none is. Dropped by a rollback. */
  afterCommit(run: () => void): void {
    this.#afterCommit.push(run);
    if (this.#transaction === undefined) this.#runAfterCommit();
  }

  #runAfterCommit(): void {
    const due = this.#afterCommit;
    this.#afterCommit = [];
    for (const run of due) run();
  }

  /** Encrypts the whole file anew, so that whoever has seen the old key can no longer open it. */
  rekey(key: Uint8Array): void {
    try {
      this.#driver.pragma(`rekey = ${keyLiteral(key)}`);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Empties the log of changes, in which pages stay as they were; what was erased from the tables is overwritten already. */
  forgetErased(): void {
    try {
      this.#driver.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      throw storageError(error);
    }
  }

  get userVersion(): number {
    const version = this.#driver.pragma('user_version', { simple: true });
    if (typeof version !== 'number') throw new StorageError('unreadable', 'the database has no version');
    return version;
  }

  set userVersion(version: number) {
    this.#driver.pragma(`user_version = ${String(version)}`);
  }

  close(): void {
    try {
      this.#driver.close();
    } catch (error) {
      throw storageError(error);
    }
  }
}
