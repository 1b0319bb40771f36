import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { check, resolveConfig, type Options } from 'prettier';

const HERE = dirname(fileURLToPath(import.meta.url));
const FIXTURES = join(HERE, 'fixtures/format');
/** Prettier's own default: it stands in the configuration to be read, and cannot be broken alone. */
const DEFAULTS = ['trailingComma'];

const settings = (await resolveConfig(join(HERE, 'format.test.ts'))) ?? {};
const own = Object.keys(settings).filter((name) => !DEFAULTS.includes(name));

const isFormatted = (name: string, options: Options): Promise<boolean> => {
  const filepath = join(FIXTURES, `${name}.ts`);
  return check(readFileSync(filepath, 'utf8'), { ...options, filepath });
};

describe('format', () => {
  it('has a fixture for each setting', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual(own.map((name) => `${name}.ts`).sort());
  });

  it.each(own)('%s: the fixture is refused, and passes without the setting', async (name) => {
    const others = Object.fromEntries(Object.entries(settings).filter(([setting]) => setting !== name));
    expect(await isFormatted(name, settings)).toBe(false);
    expect(await isFormatted(name, others)).toBe(true);
  });
});
