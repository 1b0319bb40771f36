import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { EmbeddedConnection } from './embedded-driver.js';
import { scrubbed } from './database-error.js';
import { errorCode } from './error-code.js';
import type { Lane, LentConnection } from './session.js';

const BUSY_TIMEOUT_MS = 10_000;
const BUSY_PAUSE_MS = 5;

/**
 * Runs a synchronous statement for an asynchronous interface, its failure without values. SQLITE_BUSY says that another process
 * writes and that nothing has happened yet: it is waited for here, because SQLite's own waiting would stop the whole process.
 */
const attempt = async <Result>(sql: string, statement: () => Result): Promise<Result> => {
  const deadline = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return statement();
    } catch (error) {
      if (errorCode(error) !== 'SQLITE_BUSY' || Date.now() > deadline) throw scrubbed(error, sql);
    }
    await pause(BUSY_PAUSE_MS);
  }
};

/** The embedded engine has one connection: everybody waits for whoever holds it. */
export class EmbeddedLane implements Lane {
  readonly #connection: LentConnection;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(dataSource: DataSource, connection: EmbeddedConnection) {
    const run = (sql: string) => attempt(sql, () => void connection.prepare(sql).run());
    this.#connection = {
      manager: dataSource.createQueryRunner().manager,
      forUpdate: '',
      viaIndex: (index) => ` INDEXED BY ${index}`,
      rows: (sql, parameters) => attempt(sql, () => connection.prepare(sql).all(...parameters)),
      change: (sql, parameters) => attempt(sql, () => connection.prepare(sql).run(...parameters).changes),
      insertCounted: (sql, parameters) =>
        attempt(sql, () => {
          const { changes, lastInsertRowid } = connection.prepare(sql).run(...parameters);
          return lastInsertRowid - changes + 1;
        }),
      // IMMEDIATE: a transaction that began by reading could not become a writer while another process writes.
      begin: () => run('BEGIN IMMEDIATE'),
      commit: () => run('COMMIT'),
      rollback: () => run('ROLLBACK'),
    };
  }

  lend<Result>(work: (connection: LentConnection) => Promise<Result>): Promise<Result> {
    const turn = this.#tail.then(() => work(this.#connection));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}
