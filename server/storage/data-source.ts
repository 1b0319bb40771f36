import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS } from '@sotto/migrations';
import { dialectOf } from '@sotto/migrations/dialect';
import mysql from 'mysql2/promise';
import { DataSource } from 'typeorm';
import type { DatabaseTarget } from './database-url.js';
import { EmbeddedConnection } from './embedded-driver.js';
import { entitiesFor } from './entities/all.js';
import { loadOrCreateKey } from './key-file.js';
import { mysqlDriver } from './mysql-driver.js';

const CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
// Each prepared statement costs the server memory, which it shares among all connections of all processes.
const STATEMENTS_KEPT = 200;

const shared = {
  migrations: MIGRATIONS,
  migrationsTableName: 'migrations',
  // The schema comes from migrations alone.
  synchronize: false,
  migrationsRun: false,
  // TypeORM would log parameters.
  logging: false,
} as const;

const embeddedDataSource = (folder: string): DataSource => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = join(folder, 'server.db');
  const keyHex = loadOrCreateKey(join(folder, 'server.key'), database);
  return new DataSource({
    ...shared,
    type: 'better-sqlite3',
    driver: EmbeddedConnection,
    database,
    statementCacheSize: 0,
    prepareDatabase: (connection: EmbeddedConnection) => connection.unlock(keyHex),
    entities: entitiesFor(dialectOf('better-sqlite3')),
  });
};

type MysqlTarget = DatabaseTarget & { readonly kind: 'mysql' };

const tlsOf = ({ tls }: MysqlTarget) => (tls ? { ssl: { rejectUnauthorized: true, minVersion: 'TLSv1.2' } } : {});

const mysqlDataSource = (target: MysqlTarget, type: 'mysql' | 'mariadb'): DataSource =>
  new DataSource({
    ...shared,
    type,
    driver: mysqlDriver,
    host: target.host,
    port: target.port,
    username: target.user,
    password: target.password,
    database: target.database,
    ...tlsOf(target),
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    // Numbers up to 2^53 as numbers; beyond that as texts, which no column of ours reaches.
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    poolSize: CONNECTIONS,
    extra: { maxPreparedStatements: STATEMENTS_KEPT },
    entities: entitiesFor(dialectOf(type)),
  });

/** MariaDB describes its tables in other words than MySQL, and TypeORM has to know whose words it reads. */
const flavourOf = async (target: MysqlTarget): Promise<'mysql' | 'mariadb'> => {
  const { host, port, user, password, database } = target;
  const connection = await mysql.createConnection({
    ...{ host, port, user, password, database },
    ...tlsOf(target),
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  try {
    const [rows] = await connection.query<mysql.RowDataPacket[]>('SELECT VERSION() AS version');
    return String(rows[0]?.['version']).includes('MariaDB') ? 'mariadb' : 'mysql';
  } finally {
    await connection.end();
  }
};

/** Connects. The embedded database's folder and key file are made if they are not there. */
export const connectDataSource = async (target: DatabaseTarget): Promise<DataSource> => {
  const dataSource =
    target.kind === 'embedded' ? embeddedDataSource(target.folder) : mysqlDataSource(target, await flavourOf(target));
  return dataSource.initialize();
};
