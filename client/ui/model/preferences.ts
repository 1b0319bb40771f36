import { signal, type Signal } from '@preact/signals';
import { LANGUAGES, type Language } from '../i18n/catalogue.js';

export type ThemePreference = 'system' | 'light' | 'dark';
export type LanguagePreference = 'system' | Language;

type KeyFileAnswer = 'unasked' | 'accepted';

export const THEMES: readonly ThemePreference[] = ['system', 'light', 'dark'];
export const LANGUAGE_PREFERENCES: readonly LanguagePreference[] = ['system', ...LANGUAGES];

export const LIST_WIDTH = { least: 260, most: 420, usual: 320 } as const;

/** How this window likes to look. Nothing private: it is kept unencrypted, so that it is known before the first paint. */
export interface Preferences {
  readonly theme: Signal<ThemePreference>;
  readonly language: Signal<LanguagePreference>;
  /** The person knows that the key lies open, and has chosen so. */
  readonly keyFile: Signal<KeyFileAnswer>;
  /** CSS pixels. */
  readonly listWidth: Signal<number>;
}

export type PreferenceStore = Pick<Storage, 'getItem' | 'setItem'>;

const oneOf = <T extends string>(choices: readonly T[], value: string | null, otherwise: T): T =>
  choices.find((choice) => choice === value) ?? otherwise;

export const boundedWidth = (width: number): number =>
  Math.min(LIST_WIDTH.most, Math.max(LIST_WIDTH.least, Math.round(width)));

/** A preference that writes itself down; where the store refuses (private windows do), it lasts as long as the page. */
const stored = <T extends string | number>(store: PreferenceStore, name: string, initial: T): Signal<T> => {
  const value = signal(initial);
  let first = true;
  value.subscribe((next) => {
    if (first) {
      first = false;
      return;
    }
    try {
      store.setItem(name, String(next));
    } catch {
      // Full or forbidden: the choice holds for this window.
    }
  });
  return value;
};

export const loadPreferences = (store: PreferenceStore): Preferences => {
  const read = (name: string): string | null => {
    try {
      return store.getItem(name);
    } catch {
      return null;
    }
  };
  const width = Number(read('sotto.listWidth') ?? LIST_WIDTH.usual);
  return {
    theme: stored(store, 'sotto.theme', oneOf(THEMES, read('sotto.theme'), 'system')),
    language: stored(store, 'sotto.language', oneOf(LANGUAGE_PREFERENCES, read('sotto.language'), 'system')),
    keyFile: stored(
      store,
      'sotto.keyFile',
      oneOf<KeyFileAnswer>(['unasked', 'accepted'], read('sotto.keyFile'), 'unasked'),
    ),
    listWidth: stored(store, 'sotto.listWidth', Number.isFinite(width) ? boundedWidth(width) : LIST_WIDTH.usual),
  };
};
