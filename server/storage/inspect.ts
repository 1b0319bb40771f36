import { MIGRATIONS } from '@sotto/migrations';
import { connectDataSource } from './data-source.js';
import { parseDatabaseUrl } from './database-url.js';
import { requireDurableMysql } from './durability.js';
import { Gate } from './gate.js';
import { MysqlLane } from './mysql-lane.js';

/** What an operator wants to know of a database before a server runs on it. Nothing is changed. */
export interface DatabaseInspection {
  readonly engine: string;
  /** Migrations that the next start of a server will run. */
  readonly pending: number;
  /** How far the database's clock is ahead of this machine's. */
  readonly clockAheadMs: number;
}

/** Throws `UnusableDatabaseError` with words for the operator where a server would refuse to start. */
export const inspectDatabase = async (url: string): Promise<DatabaseInspection> => {
  const dataSource = await connectDataSource(parseDatabaseUrl(url));
  const runner = dataSource.createQueryRunner();
  try {
    const isEmbedded = dataSource.options.type === 'better-sqlite3';
    if (!isEmbedded) await new Gate(new MysqlLane(dataSource)).use(requireDurableMysql);
    const has = await runner.hasTable('migrations');
    const rows = has ? ((await runner.query('SELECT name FROM migrations')) as unknown[]) : [];
    const [told] = (await runner.query(
      isEmbedded
        ? "SELECT 'embedded ' || sqlite_version() AS engine, CAST(strftime('%s', 'now') AS INTEGER) AS seconds"
        : 'SELECT VERSION() AS engine, UNIX_TIMESTAMP() AS seconds',
    )) as { readonly engine: string; readonly seconds: number | string }[];
    return {
      engine: told?.engine ?? 'unknown',
      pending: MIGRATIONS.length - rows.length,
      clockAheadMs: Number(told?.seconds) * 1_000 - Date.now(),
    };
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
};
