import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../protocol', import.meta.url));
const BIN = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const env = { ...process.env, PATH: `${BIN}:${process.env['PATH'] ?? ''}` };

/** @param {string} command @param {string[]} args @returns {boolean} */
const succeeds = (command, args) =>
  spawnSync(command, args, { cwd: PACKAGE, env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

/** @param {string[]} args @returns {string | undefined} what git answers, if it knows an answer */
const git = (...args) => {
  try {
    return execFileSync('git', args, { cwd: PACKAGE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
};

const generatedIsCurrent = () => {
  const scratch = mkdtempSync(join(tmpdir(), 'sotto-gen-'));
  try {
    return succeeds('buf', ['generate', '--output', scratch]) && succeeds('diff', ['-rq', 'gen', join(scratch, 'gen')]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

/**
 * The revision that peers may still speak: the last release; before the first one the previous commit, unless this commit
 * says by a `!` in its subject that it breaks the wire.
 *
 * @returns {{ ref: string } | { skipped: string }}
 */
const previous = () => {
  const tag = git('describe', '--tags', '--abbrev=0', 'HEAD^');
  const ref = tag ?? git('rev-parse', '--verify', 'HEAD^');
  if (ref === undefined) return { skipped: 'there is no earlier commit' };
  if (git('rev-parse', '--verify', `${ref}:protocol/proto`) === undefined)
    return { skipped: `${ref} has no protocol yet` };
  if (tag === undefined && /^\w+(\([^)]*\))?!:/.test(git('log', '-1', '--format=%s') ?? ''))
    return { skipped: 'this commit declares the break, and there is no release yet' };
  return { ref };
};

const keepsCompatible = () => {
  const against = previous();
  if ('skipped' in against) {
    console.log(`protocol: breaking check skipped: ${against.skipped}`);
    return true;
  }
  return succeeds('buf', ['breaking', '--against', `../.git#ref=${against.ref},subdir=protocol`]);
};

const checks = {
  lint: () => succeeds('buf', ['lint']),
  format: () => succeeds('buf', ['format', '--diff', '--exit-code']),
  'generated code': generatedIsCurrent,
  compatibility: keepsCompatible,
};

const failed = Object.entries(checks)
  .filter(([, passes]) => !passes())
  .map(([name]) => name);
console.log(failed.length === 0 ? 'protocol: all checks passed' : `protocol: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
