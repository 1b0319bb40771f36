import { IntlMessageFormat } from 'intl-messageformat';
import { CATALOGUES, type Language, type TextKey } from './catalogue.js';
import { createTimes, type Times } from './times.js';

export type TextParams = Readonly<Record<string, string | number>>;

export interface Translator {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  readonly times: Times;
  readonly text: (key: TextKey, params?: TextParams) => string;
}

const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar', 'fa', 'he', 'ur']);

/** First-strong isolate … pop: a name in another script must not turn the sentence around it (UAX #9). */
const isolate = (value: string): string => `\u2068${value}\u2069`;

const isolated = (params: TextParams): TextParams =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? isolate(value) : value]),
  );

/** The words of one language. `locale` decides numbers and dates: it may say more than the language (`en-GB`). */
export const createTranslator = (language: Language, locale: string): Translator => {
  const compiled = new Map<TextKey, IntlMessageFormat>();
  const compile = (key: TextKey): IntlMessageFormat => {
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const made = new IntlMessageFormat(CATALOGUES[language][key], locale, undefined, { ignoreTag: true });
    compiled.set(key, made);
    return made;
  };
  const text: Translator['text'] = (key, params = {}) => String(compile(key).format<string>(isolated(params)));
  return {
    language,
    direction: RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr',
    times: createTimes(locale, {
      briefYesterday: text('time.brief.yesterday'),
      today: text('time.day.today'),
      yesterday: text('time.day.yesterday'),
    }),
    text,
  };
};

/** The full locale for numbers and dates: the system's own tag where it is of this language. */
export const localeFor = (language: Language, preferred: readonly string[]): string =>
  preferred.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
