import { Database, type Statement } from '@signalapp/sqlcipher';
import { StatementCache } from './statement-cache.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const STATEMENTS_KEPT = 256;
/** For the few statements of opening alone; afterwards the lane waits for other processes without blocking this one. */
const OPENING_TIMEOUT_MS = 5_000;
const RETURNS_ROWS = /^\s*(?:select|pragma|with|explain|values)\b|\breturning\b/i;

type Parameter = string | number | Uint8Array<ArrayBuffer> | null;

const isOwnMemory = (value: Uint8Array): value is Uint8Array<ArrayBuffer> => value.buffer instanceof ArrayBuffer;

/**
 * SQLite stores whatever it is given in whatever column. Only what the schema means is let through: a fraction, an unsafe
 * integer or an object would otherwise come back changed, or not at all.
 */
const checked = (value: unknown, index: number): Parameter => {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (value instanceof Uint8Array && isOwnMemory(value)) return value;
  const kind = typeof value === 'number' ? 'number that is not a safe integer' : typeof value;
  throw new TypeError(`Parameter ${index + 1} of the statement is a ${kind}`);
};

/** A statement as TypeORM's `better-sqlite3` driver uses one. */
class EmbeddedStatement {
  readonly reader: boolean;
  readonly #native: () => Statement;

  constructor(sql: string, native: () => Statement) {
    this.reader = RETURNS_ROWS.test(sql);
    this.#native = native;
  }

  // The native statement is looked up at the moment of use: the cache may have closed an earlier one meanwhile.
  all(...parameters: readonly unknown[]): Record<string, unknown>[] {
    return this.#native().all(parameters.map(checked));
  }

  run(...parameters: readonly unknown[]): { changes: number; lastInsertRowid: number } {
    return this.#native().run(parameters.map(checked));
  }
}

/**
 * SQLCipher in the shape of `better-sqlite3`, for TypeORM's `driver` option. The data source must set `statementCacheSize: 0`:
 * TypeORM's own cache drops statements without closing them.
 */
export class EmbeddedConnection {
  readonly #database: Database;
  readonly #statements: StatementCache<Statement>;

  constructor(path: string) {
    this.#database = new Database(path);
    this.#statements = new StatementCache(STATEMENTS_KEPT, (sql) => this.#database.prepare(sql, { persistent: true }));
  }

  /** Opens the encryption and sets what the durability of everything rests on. Must come before anything else. */
  unlock(keyHex: string): void {
    // The failure is thrown below in better words; the library would also print it.
    this.#database.pragma('cipher_log_level = NONE');
    this.#database.pragma(`key = "x'${keyHex}'"`);
    try {
      this.#database.pragma(`busy_timeout = ${OPENING_TIMEOUT_MS}`);
      this.#database.pragma('journal_mode = WAL');
    } catch (error) {
      this.#database.close();
      throw new UnusableDatabaseError(
        'The key file does not open the embedded database, or its file is damaged. Put both back from one backup.',
        { cause: error },
      );
    }
    // With FULL every commit reaches the disk before it is answered; WAL alone would lose the last ones at a power cut.
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('foreign_keys = ON');
    // Sorting and temporary tables stay in memory: files for them would not be encrypted.
    this.#database.pragma('temp_store = MEMORY');
    this.#database.pragma('trusted_schema = OFF');
    this.#database.pragma('busy_timeout = 0');
  }

  prepare(sql: string): EmbeddedStatement {
    return new EmbeddedStatement(sql, () => this.#statements.get(sql));
  }

  pragma(source: string): Record<string, unknown>[] {
    return this.prepare(`PRAGMA ${source}`).all();
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}
