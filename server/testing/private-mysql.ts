import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, runToEnd } from './guarded-process.js';
import { startPrivateServer, type DatabaseServer, type ServerProgram } from './private-mysql-server.js';

interface Program {
  readonly command: string;
  readonly prefix: readonly string[];
  readonly root: string;
}

/** `SOTTO_MYSQL_CHROOT`: a root folder with MySQL inside; `SOTTO_MYSQLD`: the server program; else what is installed. */
const locate = (): Program | undefined => {
  const root = process.env['SOTTO_MYSQL_CHROOT'];
  if (root !== undefined && root !== '')
    return { command: findProgram('chroot') ?? 'chroot', prefix: [root, 'mysqld'], root };
  const command = process.env['SOTTO_MYSQLD'] ?? findProgram('mysqld');
  return command === undefined ? undefined : { command, prefix: [], root: '/' };
};

const versionOf = ({ command, prefix }: Program): string =>
  spawnSync(command, [...prefix, '--no-defaults', '--version'], { encoding: 'utf8' }).stdout;

/** A real MySQL of this test run's own. MariaDB installs itself as `mysqld` too and is refused. */
export const startPrivateMySql = async (): Promise<DatabaseServer & { readonly version: string }> => {
  const program = locate();
  if (program === undefined)
    throw new Error('No mysqld was found. Set SOTTO_MYSQLD or SOTTO_MYSQL_CHROOT as docs/testing-mysql.md says.');
  const version = versionOf(program);
  if (!/Ver (?:8\.4|9)\./.test(version) || version.includes('MariaDB'))
    throw new Error(`This is not MySQL 8.4 or 9: ${version || program.command}. See docs/testing-mysql.md.`);
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  mkdirSync(join(program.root, tmpdir()), { recursive: true });
  const server: ServerProgram = {
    ...program,
    initialise: (folders) =>
      runToEnd(program.command, [...program.prefix, '--no-defaults', '--initialize-insecure', ...folders, ...user]),
    parameters: ['--mysqlx=OFF', ...user],
  };
  return { ...(await startPrivateServer(server)), version: version.trim() };
};
