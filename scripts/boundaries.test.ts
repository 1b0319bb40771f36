import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import config from '../.dependency-cruiser.cjs';

// Real tools on real files: seconds on an idle machine, more on a busy one.
jest.setTimeout(120_000);

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..');
const FIXTURES = join(HERE, 'fixtures/boundaries');

const rules = config.forbidden ?? [];
const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] };

let scratch = '';
beforeAll(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'sotto-boundaries-')));
  mkdirSync(join(scratch, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((name) => !['@sotto', '.bin'].includes(name)))
    symlinkSync(join(ROOT, 'node_modules', name), join(scratch, 'node_modules', name));
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Puts a fixture among the manifests and packages of this repository, so that names resolve as they do here. */
const furnish = (rule: string, variant: string): string => {
  const tree = join(scratch, rule, variant);
  cpSync(join(FIXTURES, rule, variant), tree, { recursive: true });
  mkdirSync(join(tree, 'node_modules/@sotto'), { recursive: true });
  for (const workspace of workspaces) {
    mkdirSync(join(tree, workspace), { recursive: true });
    cpSync(join(ROOT, workspace, 'package.json'), join(tree, workspace, 'package.json'));
    symlinkSync(join(tree, workspace), join(tree, 'node_modules/@sotto', workspace));
    // Where npm puts a package depends on what else is installed: at the root, or inside the workspace that wants it.
    const own = join(ROOT, workspace, 'node_modules');
    if (existsSync(own)) symlinkSync(own, join(tree, workspace, 'node_modules'));
  }
  cpSync(join(ROOT, 'package.json'), join(tree, 'package.json'));
  return tree;
};

/** The names of the rules that a tree breaks. */
const brokenRules = async (tree: string, forbidden: IForbiddenRuleType[]): Promise<string[]> => {
  const { enhancedResolveOptions, ...options } = config.options ?? {};
  const { output } = await cruise(
    workspaces,
    { ...options, baseDir: tree, validate: true, ruleSet: { forbidden } },
    { ...enhancedResolveOptions },
  );
  return [...new Set((output as ICruiseResult).summary.violations.map(({ rule }) => rule.name))];
};

const fixtures = readdirSync(FIXTURES).flatMap((rule) =>
  readdirSync(join(FIXTURES, rule)).map((variant) => [rule, variant] as const),
);

describe('import boundaries', () => {
  it('have a fixture for each rule, and no other', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  it.each(fixtures)('%s (%s): the fixture breaks it alone, and passes without it', async (rule, variant) => {
    const tree = furnish(rule, variant);
    const others = rules.filter(({ name }) => name !== rule);
    expect(await brokenRules(tree, rules)).toEqual([rule]);
    expect(await brokenRules(tree, others)).toEqual([]);
  });
});
