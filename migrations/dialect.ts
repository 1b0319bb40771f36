import type { DataSourceOptions } from 'typeorm';

/**
 * Every choice in which MySQL (and MariaDB) and the embedded SQLite differ, for entities and migrations alike.
 *
 * FROZEN like the migrations that stand on it: a changed answer here would change the past. What a later migration needs anew
 * goes into a module of its own beside this one.
 */
export interface Dialect {
  /** The 16 bytes of an id. */
  readonly id: ColumnType;
  /** Exactly `length` bytes: hashes, keys. */
  readonly fixedBytes: (length: number) => ColumnType;
  /** Up to `most` bytes, kept inside the row. */
  readonly bytes: (most: number) => ColumnType;
  /** Sealed payloads. */
  readonly payload: ColumnType;
  /** ASCII text compared byte by byte; nothing that the server keeps as text is anything else. */
  readonly text: (most: number) => ColumnType;
  /** A whole number of 32 bits. */
  readonly integer: ColumnType;
  /** A whole number up to 2^53, instants in milliseconds included: exact and the same on both engines, zones left out. */
  readonly bigInteger: ColumnType;
  /** The key that the database counts up; never given out twice. */
  readonly counter: ColumnType;
}

export interface ColumnType {
  readonly type: 'binary' | 'varbinary' | 'mediumblob' | 'varchar' | 'int' | 'bigint' | 'blob' | 'integer';
  readonly length?: string;
  readonly charset?: string;
  readonly collation?: string;
}

const mysql: Dialect = {
  id: { type: 'binary', length: '16' },
  fixedBytes: (length) => ({ type: 'binary', length: String(length) }),
  bytes: (most) => ({ type: 'varbinary', length: String(most) }),
  payload: { type: 'mediumblob' },
  text: (most) => ({ type: 'varchar', length: String(most), charset: 'ascii', collation: 'ascii_bin' }),
  integer: { type: 'int' },
  bigInteger: { type: 'bigint' },
  counter: { type: 'bigint' },
};

const sqlite: Dialect = {
  id: { type: 'blob' },
  fixedBytes: () => ({ type: 'blob' }),
  bytes: () => ({ type: 'blob' }),
  payload: { type: 'blob' },
  text: (most) => ({ type: 'varchar', length: String(most) }),
  integer: { type: 'integer' },
  bigInteger: { type: 'bigint' },
  // Only `integer` may be AUTOINCREMENT, which keeps SQLite from giving out the number of a deleted last row again.
  counter: { type: 'integer' },
};

/** The dialect of a TypeORM connection type. */
export const dialectOf = (type: DataSourceOptions['type']): Dialect => {
  if (type === 'mysql' || type === 'mariadb') return mysql;
  if (type === 'better-sqlite3') return sqlite;
  throw new Error(`No dialect for databases of type ${type}: Sotto runs on MySQL, MariaDB and its embedded database.`);
};

/** Foreign keys name both actions, because engines differ in what they report for an action that was left out. */
export const CASCADE = { onDelete: 'CASCADE', onUpdate: 'RESTRICT' } as const;
