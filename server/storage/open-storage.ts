import { connectDataSource } from './data-source.js';
import { parseDatabaseUrl } from './database-url.js';
import { requireDurableMysql } from './durability.js';
import { EmbeddedConnection } from './embedded-driver.js';
import { EmbeddedLane } from './embedded-lane.js';
import { Gate } from './gate.js';
import { migrate } from './migrate.js';
import { MysqlLane } from './mysql-lane.js';
import { SqlAccountRepository } from './sql-account-repository.js';
import { SqlArchiveRepository } from './sql-archive-repository.js';
import { SqlDeviceListRepository } from './sql-device-list-repository.js';
import { SqlDeviceRepository } from './sql-device-repository.js';
import { SqlEmailTokenRepository } from './sql-email-token-repository.js';
import { SqlInviteRepository } from './sql-invite-repository.js';
import { SqlJobRepository } from './sql-job-repository.js';
import { SqlLinkSessionRepository } from './sql-link-session-repository.js';
import { SqlMailboxRepository } from './sql-mailbox-repository.js';
import { SqlPreKeyRepository } from './sql-pre-key-repository.js';
import { SqlRateBucketRepository } from './sql-rate-bucket-repository.js';
import { SqlRecoveryRepository } from './sql-recovery-repository.js';
import { SqlRefreshTokenRepository } from './sql-refresh-token-repository.js';
import { SqlRootRepository } from './sql-root-repository.js';
import { SqlSecondFactorRepository } from './sql-second-factor-repository.js';
import { SqlServerSecretRepository } from './sql-server-secret-repository.js';
import { SqlStatisticsRepository } from './sql-statistics-repository.js';
import { SqlStorageRecordRepository } from './sql-storage-record-repository.js';
import type { DataSource } from 'typeorm';
import type { Lane } from './session.js';
import type { Storage } from './storage.js';

export interface StorageOptions {
  /** For tests against servers that are not ours to configure. Never in production: confirmed messages could be lost. */
  readonly dangerouslyAllowUnsafeDurability?: boolean;
}

const isMysql = ({ options }: DataSource): boolean => options.type !== 'better-sqlite3';

const laneFor = async (dataSource: DataSource): Promise<Lane> => {
  if (isMysql(dataSource)) return new MysqlLane(dataSource);
  const connection: unknown = await dataSource.createQueryRunner().connect();
  if (!(connection instanceof EmbeddedConnection)) throw new Error('The embedded data source has a foreign driver');
  return new EmbeddedLane(dataSource, connection);
};

const prepare = async (dataSource: DataSource, options: StorageOptions): Promise<Gate> => {
  const gate = new Gate(await laneFor(dataSource));
  if (isMysql(dataSource) && options.dangerouslyAllowUnsafeDurability !== true) await gate.use(requireDurableMysql);
  await migrate(dataSource, gate);
  return gate;
};

const repositoriesBehind = (gate: Gate) => ({
  transactions: gate,
  accounts: new SqlAccountRepository(gate),
  devices: new SqlDeviceRepository(gate),
  deviceLists: new SqlDeviceListRepository(gate),
  preKeys: new SqlPreKeyRepository(gate),
  mailbox: new SqlMailboxRepository(gate),
  refreshTokens: new SqlRefreshTokenRepository(gate),
  serverSecrets: new SqlServerSecretRepository(gate),
  storageRecords: new SqlStorageRecordRepository(gate),
  archives: new SqlArchiveRepository(gate),
  recoveries: new SqlRecoveryRepository(gate),
  roots: new SqlRootRepository(gate),
  linkSessions: new SqlLinkSessionRepository(gate),
  secondFactors: new SqlSecondFactorRepository(gate),
  invites: new SqlInviteRepository(gate),
  emailTokens: new SqlEmailTokenRepository(gate),
  rateBuckets: new SqlRateBucketRepository(gate),
  jobs: new SqlJobRepository(gate),
  statistics: new SqlStatisticsRepository(gate),
  ping: () =>
    gate.use(async (session) => {
      await session.rows('SELECT 1', []);
    }),
});

/**
 * Opens the database at `url` (`embedded:/folder` or `mysql://…`), brings its schema up to date and answers the repositories.
 * Throws `UnusableDatabaseError` with words for the operator if it must not be used as it is.
 */
export const openStorage = async (url: string, options: StorageOptions = {}): Promise<Storage> => {
  const dataSource = await connectDataSource(parseDatabaseUrl(url));
  try {
    const gate = await prepare(dataSource, options);
    return { ...repositoriesBehind(gate), close: () => dataSource.destroy() };
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
};
