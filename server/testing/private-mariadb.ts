import { findProgram, runToEnd } from './guarded-process.js';
import { startPrivateServer, type DatabaseServer } from './private-mysql-server.js';

const asCurrentUser = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** Whether a private MariaDB can be started here. */
export const hasMariaDb = (): boolean =>
  findProgram('mariadbd') !== undefined && findProgram('mariadb-install-db') !== undefined;

/** A MariaDB of this test run's own, from the `mariadbd` that is installed. */
export const startPrivateMariaDb = (): Promise<DatabaseServer> => {
  const command = findProgram('mariadbd');
  const installer = findProgram('mariadb-install-db');
  if (command === undefined || installer === undefined)
    throw new Error('mariadbd is not installed: apt-get install mariadb-server');
  return startPrivateServer({
    command,
    prefix: [],
    root: '/',
    initialise: (folders) =>
      runToEnd(installer, [
        '--no-defaults',
        ...folders,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        ...asCurrentUser(),
      ]),
    parameters: asCurrentUser(),
  });
};
