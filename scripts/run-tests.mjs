// `npm test`: builds, since process-level tests run what users run, then hands over to Jest with every argument given.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTestFolder } from './test-folder.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULTS = { SOTTO_TEST_SCALE: '0.01', SOTTO_TEST_SEED: '20261121' };

/** Databases, browsers and password stretching are slow on a busy machine; a test that hangs still fails. */
const TEST_TIMEOUT_MS = 60_000;

const settings = { ...DEFAULTS, ...process.env };
const { SOTTO_TEST_SCALE: scale, SOTTO_TEST_SEED: seed } = settings;
if (!(Number(scale) > 0 && Number(scale) <= 1)) {
  console.error(
    `SOTTO_TEST_SCALE is "${scale}": give a number above 0 and up to 1 (1 runs every counted test in full).`,
  );
  process.exit(2);
}
if (!Number.isSafeInteger(Number(seed))) {
  console.error(`SOTTO_TEST_SEED is "${seed}": give a whole number.`);
  process.exit(2);
}

/** @param {string} file @param {string[]} args @param {NodeJS.ProcessEnv} [env] @returns {number} exit code */
const node = (file, args, env = process.env) =>
  spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;

const [mode, ...given] = process.argv.slice(2);
const isUnit = mode === '--unit';
const args = isUnit ? given : process.argv.slice(2);

if (!isUnit && node('scripts/build.mjs', []) !== 0) process.exit(1);

console.log(`counted tests: scale ${scale} (SOTTO_TEST_SCALE), seed ${seed} (SOTTO_TEST_SEED)`);
// jest-worker hands NODE_OPTIONS on to its workers; flags on the command line would reach the parent alone.
const NODE_OPTIONS = `${process.env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
const folder = makeTestFolder();
console.log(`what tests write lies in ${folder.path} until they end`);
// A terminal's Ctrl-C reaches Jest too; it ends, and the folder goes after it.
process.on('SIGINT', () => undefined);
try {
  process.exitCode = node(
    'node_modules/jest/bin/jest.js',
    [
      '--maxWorkers=2',
      `--testTimeout=${TEST_TIMEOUT_MS}`,
      // What Jest has compiled is kept from run to run.
      `--cacheDirectory=${join(tmpdir(), 'sotto-jest')}`,
      ...(isUnit ? ['--selectProjects', 'protocol', 'crypto', 'migrations', 'server', 'client', 'ui', '--'] : []),
      ...args,
    ],
    { ...settings, NODE_OPTIONS: NODE_OPTIONS.trim(), TMPDIR: folder.path },
  );
} finally {
  folder.remove();
}
