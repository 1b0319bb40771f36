import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  /** Starts it again on what it has on its disk, after it was killed. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

/** What MariaDB and MySQL, here or in a changed root, do differently. */
export interface ServerProgram {
  readonly command: string;
  /** Come before the server's own parameters. */
  readonly prefix: readonly string[];
  /** Folder in which temporary folders are made, and what the server sees as `/`. */
  readonly root: string;
  /** Makes the data folder, with these parameters of the server that say where things are. */
  readonly initialise: (folders: readonly string[]) => void;
  readonly parameters: readonly string[];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Nobody else on the machine may walk into a database of a test run. */
const initSql = (password: string): string =>
  [
    `CREATE USER IF NOT EXISTS 'sotto'@'%' IDENTIFIED BY ${quoted(password)};`,
    "GRANT ALL PRIVILEGES ON *.* TO 'sotto'@'%' WITH GRANT OPTION;",
    `ALTER USER 'root'@'localhost' IDENTIFIED BY ${quoted(password)};`,
  ].join('\n');

const connectOnce = async (url: string): Promise<void> => {
  const connection = await mysql.createConnection(url);
  await connection.end();
};

/** A server deletes every `#sql` table of its temporary folder as it starts, so no two may share one. */
const folderParameters = (inside: string): string[] => [`--datadir=${inside}/data`, `--tmpdir=${inside}/tmp`];

const launch = (program: ServerProgram, inside: string, port: number, url: string) =>
  startGuarded(
    program.command,
    [
      ...program.prefix,
      '--no-defaults',
      ...folderParameters(inside),
      `--socket=${inside}/server.sock`,
      `--pid-file=${inside}/server.pid`,
      `--init-file=${inside}/init.sql`,
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
    mkdirSync(join(outside, 'tmp'));
    program.initialise(folderParameters(inside));
    writeFileSync(join(outside, 'init.sql'), initSql(password), { mode: 0o644 });
    const port = await freePort();
    const url = `mysql://sotto:${password}@127.0.0.1:${port}`;
    let server: GuardedProcess = await launch(program, inside, port, url);
    return {
      url,
      get pid() {
        return server.pid;
      },
      revive: async () => {
        await server.stop();
        server = await launch(program, inside, port, url);
      },
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
