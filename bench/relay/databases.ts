import {
  hasMariaDb,
  startPrivateMariaDb,
  startPrivateMySql,
  type DatabaseServer,
} from '@sotto/server/private-databases';
import mysql from 'mysql2/promise';

export interface BenchDatabase {
  readonly name: string;
  readonly server: DatabaseServer;
  /** A database of its own for one relay. */
  create(name: string): Promise<string>;
}

const start = async (): Promise<{ readonly name: string; readonly server: DatabaseServer } | undefined> => {
  if (process.env['SOTTO_MYSQLD'] !== undefined || process.env['SOTTO_MYSQL_CHROOT'] !== undefined) {
    const server = await startPrivateMySql();
    return { name: /Ver (\S+)/.exec(server.version)?.[1] ?? 'MySQL', server };
  }
  return hasMariaDb() ? { name: 'MariaDB', server: await startPrivateMariaDb() } : undefined;
};

/**
 * A private, durable MySQL where one is named (`SOTTO_MYSQLD` or `SOTTO_MYSQL_CHROOT`, see docs/testing-mysql.md), else a
 * MariaDB where it is installed.
 */
export const startBenchDatabase = async (): Promise<BenchDatabase | undefined> => {
  const started = await start();
  if (started === undefined) return undefined;
  return {
    name: started.name.startsWith('MariaDB') ? started.name : `MySQL ${started.name}`,
    server: started.server,
    create: async (name) => {
      const connection = await mysql.createConnection(started.server.url);
      await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
      await connection.end();
      return `${started.server.url}/${name}`;
    },
  };
};
