import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPrivateMySql } from './private-mysql.js';

const TEST_RUNNER = fileURLToPath(new URL('../../scripts/run-tests.mjs', import.meta.url));

/** Runs the tests of the server and its migrations against a real MySQL; further arguments go to Jest. */
const main = async (): Promise<number> => {
  const server = await startPrivateMySql();
  process.stderr.write(`Testing on ${server.version}, in the place of MariaDB, which \`npm test\` runs on\n`);
  try {
    const selection = ['--selectProjects', 'server', 'migrations', '--', ...process.argv.slice(2)];
    const tests = spawn(process.execPath, [TEST_RUNNER, ...selection], {
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
