import mysql, { type PoolConnection, type QueryResult } from 'mysql2';
import type { DataSource } from 'typeorm';
import { scrubbed } from './database-error.js';
import type { Parameter, Row } from './row-values.js';
import type { Lane, LentConnection } from './session.js';

/** Numbers would travel as doubles, which servers refuse after LIMIT and compare with keys at a cost. */
const bound = (parameter: Parameter) =>
  typeof parameter === 'number' ? mysql.TypedParameter.LONGLONG(parameter) : parameter;

type Done<Result> = (error: Error | null, result: Result) => void;

/** A statement of the driver as a promise, its failure without values. */
const answer = async <Result>(sql: string, start: (done: Done<Result>) => void): Promise<Result> => {
  try {
    return await new Promise<Result>((resolve, reject) => {
      start((error, result) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    });
  } catch (error) {
    throw scrubbed(error, sql);
  }
};

// Prepared statements: values travel apart from the SQL, as bytes and not as hex text, and are parsed once a connection.
const execute = (connection: PoolConnection, sql: string, parameters: readonly Parameter[]): Promise<QueryResult> =>
  answer(sql, (done) => connection.execute(sql, parameters.map(bound), done));

const command = async (connection: PoolConnection, sql: string): Promise<void> => {
  await answer<QueryResult>(sql, (done) => connection.query(sql, done));
};

/** Each unit of work has a connection from the pool to itself. */
export class MysqlLane implements Lane {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async lend<Result>(work: (connection: LentConnection) => Promise<Result>): Promise<Result> {
    const runner = this.#dataSource.createQueryRunner();
    try {
      const connection = (await runner.connect()) as PoolConnection;
      return await work({
        manager: runner.manager,
        forUpdate: ' FOR UPDATE',
        viaIndex: (index) => ` FORCE INDEX (${index})`,
        rows: async (sql, parameters) => (await execute(connection, sql, parameters)) as Row[],
        change: async (sql, parameters) => {
          const result = await execute(connection, sql, parameters);
          return 'affectedRows' in result ? result.affectedRows : 0;
        },
        insertCounted: async (sql, parameters) => {
          const result = await execute(connection, sql, parameters);
          // The first key of the statement; InnoDB counts up one by one within an INSERT whose number of rows it knows.
          return 'insertId' in result ? result.insertId : 0;
        },
        begin: () => command(connection, 'START TRANSACTION'),
        commit: () => command(connection, 'COMMIT'),
        rollback: async () => {
          try {
            await command(connection, 'ROLLBACK');
          } catch (error) {
            // Back in the pool it would carry its open transaction into somebody else's work.
            connection.destroy();
            throw error;
          }
        },
      });
    } finally {
      await runner.release();
    }
  }
}
