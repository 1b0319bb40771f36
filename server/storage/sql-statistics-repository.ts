import type { Gate } from './gate.js';
import { integerFrom } from './row-values.js';
import type { Session } from './session.js';
import type { Statistics, StatisticsRepository } from './statistics-repository.js';

const QUERIES: Readonly<Record<keyof Statistics, string>> = {
  accounts: 'SELECT COUNT(*) AS number FROM account',
  disabledAccounts: 'SELECT COUNT(*) AS number FROM account WHERE disabled_at IS NOT NULL',
  devices: 'SELECT COUNT(*) AS number FROM device',
  envelopesWaiting: 'SELECT COUNT(*) AS number FROM envelope',
  archiveBytes: 'SELECT CAST(COALESCE(SUM(size), 0) AS SIGNED) AS number FROM archive_segment',
};

const ask = async (session: Session, sql: string): Promise<number> => {
  const [row] = await session.rows(sql, []);
  return integerFrom(row?.['number']);
};

export class SqlStatisticsRepository implements StatisticsRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  count(): Promise<Statistics> {
    return this.#gate.use(async (session) => ({
      accounts: await ask(session, QUERIES.accounts),
      disabledAccounts: await ask(session, QUERIES.disabledAccounts),
      devices: await ask(session, QUERIES.devices),
      envelopesWaiting: await ask(session, QUERIES.envelopesWaiting),
      archiveBytes: await ask(session, QUERIES.archiveBytes),
    }));
  }
}
