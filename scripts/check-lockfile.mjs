import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { lockfileProblems } from './lockfile-rules.mjs';

/** @type {[os: string, cpu: string][]} */
const PLATFORMS = [
  ['linux', 'x64'],
  ['linux', 'arm64'],
  ['darwin', 'arm64'],
  ['win32', 'x64'],
];
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

const run = promisify(execFile);

/**
 * @param {string} os
 * @param {string} cpu
 * @returns {Promise<string[]>} problems
 */
const dryRun = async (os, cpu) => {
  const libc = os === 'linux' ? ['--libc=glibc'] : [];
  try {
    await run('npm', ['ci', '--dry-run', '--ignore-scripts', `--os=${os}`, `--cpu=${cpu}`, ...libc], {
      maxBuffer: OUTPUT_LIMIT_BYTES,
      shell: process.platform === 'win32',
    });
    return [];
  } catch (error) {
    return [`npm ci would fail on ${os}-${cpu}: ${error instanceof Error ? error.message : String(error)}`];
  }
};

/** @param {string} path @returns {any} */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const problems = lockfileProblems(readJson('package-lock.json'), readJson('package.json').allowScripts ?? {});
// Two at a time: each run keeps one processor busy for some ten seconds.
for (let first = 0; first < PLATFORMS.length; first += 2)
  problems.push(...(await Promise.all(PLATFORMS.slice(first, first + 2).map(([os, cpu]) => dryRun(os, cpu)))).flat());

for (const problem of problems) console.error(problem);
console.log(
  `lock file: ${problems.length} problems; npm ci tried for ${PLATFORMS.map(([os, cpu]) => `${os}-${cpu}`).join(', ')}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
