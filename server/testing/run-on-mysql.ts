import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { startPrivateMySql } from './private-mysql.js';

/** Runs the tests of the server and its migrations against a real MySQL; further arguments go to Jest. */
const main = async (): Promise<number> => {
  const server = await startPrivateMySql();
  process.stderr.write(`Testing on ${server.version}\n`);
  try {
    const jest = createRequire(import.meta.url).resolve('jest/bin/jest.js');
    const selection = ['--selectProjects', 'server', 'migrations', '--', ...process.argv.slice(2)];
    const tests = spawn(process.execPath, ['--experimental-vm-modules', jest, ...selection], {
      stdio: 'inherit',
      env: { ...process.env, SOTTO_MYSQL_URL: server.url },
    });
    const [code] = (await once(tests, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await server.stop();
  }
};

process.exitCode = await main();
