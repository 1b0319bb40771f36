import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';

// Real tools on real files: seconds on an idle machine, more on a busy one.
jest.setTimeout(120_000);

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
const issuesOf = async (fixture: string, ...args: string[]): Promise<string[]> => {
  const command = ['node_modules/knip/bin/knip.js', '--directory', join(FIXTURES, fixture), '--config', CONFIG];
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

describe('dead code', () => {
  it('has a fixture for each kind', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual([...KINDS, 'entry-exports', 'production'].sort());
  });

  it.each(KINDS)('%s: the fixture has this issue alone, and passes without the check', async (kind) => {
    expect(await issuesOf(kind)).toEqual([kind]);
    expect(await issuesOf(kind, '--exclude', kind)).toEqual([]);
  });

  it('an export that only a test uses is dead in production', async () => {
    expect(await issuesOf('production', '--production')).toEqual(['exports']);
    expect(await issuesOf('production')).toEqual([]);
  });

  it('an export of a package that nobody uses is dead', async () => {
    expect(await issuesOf('entry-exports', '--include-entry-exports')).toEqual(['exports']);
    expect(await issuesOf('entry-exports')).toEqual([]);
  });
});
