import { foundations } from './schema/0001-foundations.js';
import { replacedServerCertificates } from './schema/0002-replaced-server-certificates.js';
import { linking } from './schema/0003-linking.js';
import { ownDevices } from './schema/0004-own-devices.js';
import { historyAndRecovery } from './schema/0005-history-and-recovery.js';
import { accountUpkeep } from './schema/0006-account-upkeep.js';
import { recoveredDeviceName } from './schema/0007-recovered-device-name.js';
import { heldHistory } from './schema/0008-held-history.js';
import { earlierPasswordKeys } from './schema/0009-earlier-password-keys.js';
import { keptLists } from './schema/0010-kept-lists.js';
import { search } from './schema/0011-search.js';
import { StorageError } from './storage-error.js';

/** In order; the database's `user_version` is how many of them it has seen. A released one never changes. */
const MIGRATIONS: readonly string[] = [
  foundations,
  replacedServerCertificates,
  linking,
  ownDevices,
  historyAndRecovery,
  accountUpkeep,
  recoveredDeviceName,
  heldHistory,
  earlierPasswordKeys,
  keptLists,
  search,
];

/** As much of the database as a migration needs. */
export interface VersionedDatabase {
  userVersion: number;
  exec(sql: string): void;
  atomically<T>(work: () => T): T;
}

/** Brings the tables up to date, each step in a transaction of its own: a crash leaves the database between two steps. */
export const migrate = (database: VersionedDatabase, migrations: readonly string[] = MIGRATIONS): void => {
  if (database.userVersion > migrations.length) {
    throw new StorageError('newer', 'this profile was written by a newer version of Sotto');
  }
  for (let version = database.userVersion; version < migrations.length; version += 1) {
    database.atomically(() => {
      database.exec(migrations[version] ?? '');
      database.userVersion = version + 1;
    });
  }
};
