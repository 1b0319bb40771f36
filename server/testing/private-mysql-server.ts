import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { freePort, startGuarded, type GuardedProcess } from './guarded-process.js';

/** A MySQL-like server of our own on a loopback port. */
export interface DatabaseServer {
  /** `mysql://user:password@127.0.0.1:port`, without a database. */
  readonly url: string;
  /** Of the server process; undefined for a server that was there before. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** What MariaDB and MySQL, here or in a changed root, do differently. */
export interface ServerProgram {
  readonly command: string;
  /** Come before the server's own parameters. */
  readonly prefix: readonly string[];
  /** Folder in which temporary folders are made, and what the server sees as `/`. */
  readonly root: string;
  readonly initialise: (dataFolder: string) => void;
  readonly parameters: readonly string[];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Nobody else on the machine may walk into a database of a test run. */
const initSql = (password: string): string =>
  [
    `CREATE USER 'sotto'@'%' IDENTIFIED BY ${quoted(password)};`,
    "GRANT ALL PRIVILEGES ON *.* TO 'sotto'@'%' WITH GRANT OPTION;",
    `ALTER USER 'root'@'localhost' IDENTIFIED BY ${quoted(password)};`,
  ].join('\n');

const connectOnce = async (url: string): Promise<void> => {
  const connection = await mysql.createConnection(url);
  await connection.end();
};

const launch = (program: ServerProgram, folders: { outside: string; inside: string }, port: number, url: string) =>
  startGuarded(
    program.command,
    [
      ...program.prefix,
      '--no-defaults',
      `--datadir=${folders.inside}/data`,
      `--socket=${folders.inside}/server.sock`,
      `--pid-file=${folders.inside}/server.pid`,
      `--init-file=${folders.inside}/init.sql`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=1',
      '--sync-binlog=1',
      '--innodb-buffer-pool-size=128M',
      ...program.parameters,
    ],
    () => connectOnce(url),
  );

/** Starts a fresh server with the durability that production must have. */
export const startPrivateServer = async (program: ServerProgram): Promise<DatabaseServer> => {
  const outside = mkdtempSync(join(program.root, tmpdir(), 'sotto-mysql-'));
  const inside = program.root === '/' ? outside : outside.slice(program.root.length);
  const password = randomBytes(12).toString('hex');
  const remove = () => rmSync(outside, { recursive: true, force: true });
  try {
    program.initialise(`${inside}/data`);
    writeFileSync(join(outside, 'init.sql'), initSql(password), { mode: 0o644 });
    const port = await freePort();
    const url = `mysql://sotto:${password}@127.0.0.1:${port}`;
    const server: GuardedProcess = await launch(program, { outside, inside }, port, url);
    return {
      url,
      pid: server.pid,
      stop: async () => {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
};
