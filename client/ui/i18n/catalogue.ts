import en from './en.json' with { type: 'json' };
import ru from './ru.json' with { type: 'json' };

/** A text of the interface; English is the catalogue that all others are measured by. */
export type TextKey = keyof typeof en;
export type Catalogue = Readonly<Record<TextKey, string>>;

/** One entry and one JSON file are all that a further language takes. */
export const CATALOGUES = { en, ru } as const satisfies Record<string, Catalogue>;

export type Language = keyof typeof CATALOGUES;

export const LANGUAGES: readonly Language[] = ['en', 'ru'];

/** The first language that `preferred` (BCP 47 tags, best first) names and Sotto has; otherwise English. */
export const matchLanguage = (preferred: readonly string[]): Language => {
  for (const tag of preferred) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (found !== undefined) return found;
  }
  return 'en';
};
