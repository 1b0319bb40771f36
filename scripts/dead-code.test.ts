import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..');
const FIXTURES = join(HERE, 'fixtures/dead-code');
const CONFIG = join(ROOT, 'knip.json');

/** Kinds of issue whose fixture has the name of the kind. */
const KINDS = [
  'binaries',
  'dependencies',
  'devDependencies',
  'duplicates',
  'exports',
  'files',
  'types',
  'unlisted',
  'unresolved',
];

type Report = { issues: Record<string, unknown[] | string>[] };

/** Runs knip on a fixture as if it were the repository; gives the kinds of issue that it found. */
const issuesOf = async (fixture: string, config: string, ...args: string[]): Promise<string[]> => {
  const command = ['node_modules/knip/bin/knip.js', '--directory', join(FIXTURES, fixture), '--config', config];
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [...command, '--reporter', 'json', '--no-config-hints', ...args],
      { cwd: ROOT },
      (_error, stdout, stderr) => {
        // knip ends with 1 when it found something: what it wrote tells whether it worked.
        resolve(stdout === '' ? stderr : stdout);
      },
    );
  });
  const { issues } = JSON.parse(output) as Report;
  return issues.flatMap((issue) => KINDS.filter((kind) => (issue[kind] ?? []).length > 0)).sort();
};

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sotto-knip-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe('dead code', () => {
  it('has a fixture for each kind', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual([...KINDS, 'entry-exports', 'production'].sort());
  });

  it.each(KINDS)('%s: the fixture has this issue alone, and passes without the check', async (kind) => {
    expect(await issuesOf(kind, CONFIG)).toEqual([kind]);
    expect(await issuesOf(kind, CONFIG, '--exclude', kind)).toEqual([]);
  });

  it('an export that only a test uses is dead in production', async () => {
    expect(await issuesOf('production', CONFIG, '--production')).toEqual(['exports']);
    expect(await issuesOf('production', CONFIG)).toEqual([]);
  });

  it('an export of a package that no other package uses is dead', async () => {
    const lenient = join(scratch, 'knip.json');
    const config = JSON.parse(readFileSync(CONFIG, 'utf8')) as Record<string, unknown>;
    writeFileSync(lenient, JSON.stringify({ ...config, includeEntryExports: false }));
    expect(await issuesOf('entry-exports', CONFIG)).toEqual(['exports']);
    expect(await issuesOf('entry-exports', lenient)).toEqual([]);
  });
});
