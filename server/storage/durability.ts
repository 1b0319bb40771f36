import { integerFrom, type Row } from './row-values.js';
import type { Session } from './session.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const QUESTION =
  'SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_at_commit, @@GLOBAL.log_bin AS binlog, ' +
  '@@GLOBAL.sync_binlog AS sync_binlog, @@SESSION.sql_mode AS sql_mode';

const complaints = (row: Row): string[] => {
  const said: string[] = [];
  if (integerFrom(row['flush_at_commit']) !== 1) said.push('innodb_flush_log_at_trx_commit = 1');
  if (integerFrom(row['binlog']) !== 0 && integerFrom(row['sync_binlog']) !== 1) said.push('sync_binlog = 1');
  // Set by the session itself; a proxy that swallows SET would leave values cut in silence.
  if (!String(row['sql_mode']).includes('STRICT_ALL_TABLES')) said.push("sql_mode = 'STRICT_ALL_TABLES'");
  return said;
};

/**
 * Refuses a MySQL server that may lose what it has confirmed: senders are told "accepted" after the commit, and a commit that a
 * power cut takes back would be a lost message.
 */
export const requireDurableMysql = async (session: Pick<Session, 'rows'>): Promise<void> => {
  const [row] = await session.rows(QUESTION, []);
  if (row === undefined) throw new Error('MySQL answered a question about its settings with nothing');
  const missing = complaints(row);
  if (missing.length > 0)
    throw new UnusableDatabaseError(
      `MySQL could lose messages that it has confirmed. Set under [mysqld] in its configuration, then restart it: ${missing.join('; ')}`,
    );
};
