import { createHash } from 'node:crypto';
import { MIGRATIONS } from '@sotto/migrations';
import type { DataSource } from 'typeorm';
import type { Gate } from './gate.js';
import { integerFrom, textFrom } from './row-values.js';
import type { Session } from './session.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const LOCK_TIMEOUT_SECONDS = 60;
const LEDGER = 'migrations';

/** A program older than its database would write rows that the newer one does not expect. */
const refuseNewerDatabase = async (session: Session): Promise<void> => {
  if ((await session.manager.queryRunner?.hasTable(LEDGER)) !== true) return;
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const rows = await session.rows(`SELECT name FROM ${LEDGER}`, []);
  const unknown = rows.map((row) => textFrom(row['name'])).filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new UnusableDatabaseError(
      `The database was migrated by a newer version of Sotto (${unknown.join(', ')}). Run that version, or restore the backup from before the update.`,
    );
};

const migrateEmbedded = (dataSource: DataSource, gate: Gate): Promise<void> =>
  gate.use(async (session) => {
    // SQLite rebuilds tables to change them, which must not cascade; the setting cannot change inside a transaction.
    await session.rows('PRAGMA foreign_keys = OFF', []);
    try {
      // The write lock of the file keeps a second process out, and a migration that fails leaves nothing behind.
      await gate.transaction(async () => {
        await refuseNewerDatabase(session);
        await dataSource.runMigrations({ transaction: 'none' });
      });
    } finally {
      await session.rows('PRAGMA foreign_keys = ON', []);
    }
  });

/** Named for the database, because others may share the MySQL server. At most 64 characters are allowed. */
const lockName = (database: string): string =>
  `sotto-migrations-${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;

const migrateMysql = (dataSource: DataSource, gate: Gate, database: string): Promise<void> =>
  // The lock belongs to this session's connection and ends with it, however the process ends.
  gate.use(async (session) => {
    const lock = [lockName(database)];
    const [answer] = await session.rows('SELECT GET_LOCK(?, ?) AS got', [...lock, LOCK_TIMEOUT_SECONDS]);
    if (answer === undefined || answer['got'] === null || integerFrom(answer['got']) !== 1)
      throw new UnusableDatabaseError(
        'Another process has been migrating this database for a minute. Start again when it is done.',
      );
    try {
      await refuseNewerDatabase(session);
      await dataSource.runMigrations({ transaction: 'none' });
    } finally {
      await session.rows('SELECT RELEASE_LOCK(?)', lock);
    }
  });

/** Brings the database to the newest schema. Of several processes that start at once one does it, the others wait. */
export const migrate = (dataSource: DataSource, gate: Gate): Promise<void> => {
  const { type, database } = dataSource.options;
  return type === 'better-sqlite3'
    ? migrateEmbedded(dataSource, gate)
    : migrateMysql(dataSource, gate, String(database));
};
