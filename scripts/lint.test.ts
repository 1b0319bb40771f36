import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';
import { ESLint, type Linter } from 'eslint';
import { sottoConfig } from '../eslint.config.mjs';

// Real tools on real files: seconds on an idle machine, more on a busy one.
jest.setTimeout(120_000);

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'fixtures/lint');
/** Not a rule but an option of the linter: it reports without a rule id. */
const UNUSED_DISABLE = 'unused-disable-directive';

const config: Linter.Config[] = sottoConfig({
  tsconfigRootDir: FIXTURES,
  project: ['tsconfig.json'],
  // Under CI the parser reckons with one pass over each file and forgets the types after it; here each file has two.
  disallowAutomaticSingleRunInference: true,
});

const isOn = (setting: unknown): boolean => (Array.isArray(setting) ? setting[0] : setting) === 'error';

/** The rules that this project turns on itself, beside the presets. */
const ownRules = [
  ...new Set(
    config
      .filter((entry) => !entry.name?.includes('typescript-eslint/'))
      .flatMap((entry) => Object.entries(entry.rules ?? {}))
      .filter(([, setting]) => isOn(setting))
      .map(([rule]) => rule),
  ),
].sort();

const folderOf = (rule: string): string => rule.slice(rule.lastIndexOf('/') + 1);

/** The same configuration with one rule taken out, from every entry that names it. */
const without = (rule: string): Linter.Config[] =>
  config.map((entry) => ({
    ...entry,
    ...(entry.rules && {
      rules: Object.fromEntries(Object.entries(entry.rules).filter(([name]) => name !== rule)),
    }),
    ...(rule === UNUSED_DISABLE && entry.linterOptions && { linterOptions: { reportUnusedDisableDirectives: 'off' } }),
  }));

/** Lints a fixture as if its folder were the repository; gives the rules that each file broke. */
const brokenRules = async (folder: string, baseConfig: Linter.Config[]): Promise<Record<string, string[]>> => {
  const eslint = new ESLint({ cwd: join(FIXTURES, folder), overrideConfigFile: true, baseConfig });
  const results = await eslint.lintFiles(['**/*.{ts,tsx,mjs}']);
  return Object.fromEntries(
    results.map(({ filePath, messages }) => [
      filePath.slice(join(FIXTURES, folder).length + 1),
      [...new Set(messages.map(({ ruleId, message }) => ruleId ?? message))],
    ]),
  );
};

const clean = (files: Record<string, string[]>): Record<string, string[]> =>
  Object.fromEntries(Object.keys(files).map((file) => [file, []]));

const hasGood = (folder: string): boolean => readdirSync(join(FIXTURES, folder)).includes('good');

describe('lint rules', () => {
  it('has a fixture for each rule, and no other', () => {
    const folders = readdirSync(FIXTURES, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.sort()).toEqual([...ownRules.map(folderOf), UNUSED_DISABLE].sort());
  });

  it.each(ownRules)('%s: its fixture breaks it alone, and passes without it', async (rule) => {
    const folder = `${folderOf(rule)}/bad`;
    const broken = await brokenRules(folder, config);
    expect(Object.keys(broken)).not.toEqual([]);
    expect(broken).toEqual(Object.fromEntries(Object.keys(broken).map((file) => [file, [rule]])));
    expect(await brokenRules(folder, without(rule))).toEqual(clean(broken));
  });

  it('a disable comment that disables nothing is an error', async () => {
    const folder = `${UNUSED_DISABLE}/bad`;
    const broken = await brokenRules(folder, config);
    expect(Object.values(broken)).toEqual([[expect.stringContaining('Unused eslint-disable directive')]]);
    expect(await brokenRules(folder, without(UNUSED_DISABLE))).toEqual(clean(broken));
  });

  it.each(ownRules.filter((rule) => hasGood(folderOf(rule))))('%s: lets pass what it should', async (rule) => {
    const broken = await brokenRules(`${folderOf(rule)}/good`, config);
    expect(Object.keys(broken)).not.toEqual([]);
    expect(broken).toEqual(clean(broken));
  });
});
