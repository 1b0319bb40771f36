import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BRIDGE_ERROR_CODES } from '@sotto/client/bridge';
import { IntlMessageFormat } from 'intl-messageformat';
import { CATALOGUES, LANGUAGES, matchLanguage, type Language, type TextKey } from './catalogue.js';

const UI = join(import.meta.dirname, '..');
const keys = Object.keys(CATALOGUES.en) as TextKey[];

const sources = readdirSync(UI, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.'))
  .filter((entry) => !entry.parentPath.includes('testing'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

/** Keys as the sources write them: whole, or with parts filled in. */
const used = (key: TextKey): boolean => {
  if (sources.includes(`'${key}'`)) return true;
  const templates = [...sources.matchAll(/`([a-zA-Z.]+\.)\$\{[^`]+\}`/g)].map((match) => match[1] ?? '');
  return templates.some((prefix) => key.startsWith(prefix));
};

/** The arguments of a text with, for plurals, the categories that it tells apart. */
const argumentsOf = (text: string, language: Language): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  const walk = (
    elements: readonly { type: number; value?: unknown; options?: Record<string, { value: never[] }> }[],
  ): void => {
    for (const element of elements) {
      if (element.type === 0 || element.type === 7) continue;
      const options = Object.keys(element.options ?? {});
      found[String(element.value)] = options.filter((option) => !option.startsWith('=')).sort();
      for (const option of Object.values(element.options ?? {})) walk(option.value);
    }
  };
  walk(new IntlMessageFormat(text, language, undefined, { ignoreTag: true }).getAst() as never);
  return found;
};

describe.each(LANGUAGES)('the catalogue %s', (language) => {
  const catalogue: Readonly<Record<string, string>> = CATALOGUES[language];

  it('has the keys of the English one, in its order', () => {
    expect(Object.keys(catalogue)).toEqual(keys);
  });

  it.each(keys)('%s is a text of the same arguments with every plural of the language', (key) => {
    const own = argumentsOf(catalogue[key] ?? '', language);
    expect(Object.keys(own).sort()).toEqual(Object.keys(argumentsOf(CATALOGUES.en[key], 'en')).sort());
    const plurals = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    for (const options of Object.values(own)) if (options.length > 0) expect(options).toEqual(plurals);
  });

  it('speaks calmly', () => {
    for (const text of Object.values(catalogue)) expect(text).not.toMatch(/!|please|пожалуйста|oops|упс|went wrong/i);
  });

  it.each(BRIDGE_ERROR_CODES)('says of %s what happened, what is safe and what to do', (code) => {
    const sentences = (catalogue[`failure.${code}`] ?? '').split(/[.;:] /).filter((sentence) => sentence.length > 5);
    expect(sentences.length).toBeGreaterThanOrEqual(3);
  });
});

describe('the catalogues', () => {
  it.each(keys)('%s is used', (key) => {
    expect(used(key)).toBe(true);
  });

  it('know a use when they see one', () => {
    expect(used('nobody.uses.this' as TextKey)).toBe(false);
  });
});

describe('matchLanguage', () => {
  it.each([
    [['ru-RU', 'en-US'], 'ru'],
    [['de-DE', 'RU', 'en'], 'ru'],
    [['en-GB'], 'en'],
    [['de', 'fr'], 'en'],
    [['run-XX'], 'en'],
    [[], 'en'],
  ])('takes the first of %j that there is', (preferred, language) => {
    expect(matchLanguage(preferred)).toBe(language);
  });
});
