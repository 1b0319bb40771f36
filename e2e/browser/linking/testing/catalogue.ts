import { createRequire } from 'node:module';

export type Language = 'en' | 'ru';

const require = createRequire(import.meta.url);

/** What the interface says, from its own catalogue: a test of a flow reads the same in either language. */
export type Words = Readonly<Record<string, string>>;

export const wordsOf = (language: Language): Words => require(`../../../../client/ui/i18n/${language}.json`) as Words;

const ESCAPED = /[.*+?^${}()|[\]\\]/g;

/** A message of the catalogue as a pattern in which `value`, or anything, stands in each place for a value. */
export const patternOf = (message: string, value = ''): RegExp =>
  new RegExp(
    message
      .split(/\{[^{}]*\}/)
      .map((part) => part.replaceAll(ESCAPED, String.raw`\$&`))
      .join(`.*${value}.*`),
  );
