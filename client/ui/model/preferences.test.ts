import { describe, expect, it } from '@jest/globals';
import { boundedWidth, loadPreferences } from './preferences.js';

const store = (values: Record<string, string> = {}) => {
  const kept = new Map(Object.entries(values));
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
};

describe('preferences', () => {
  it('start with what the system says', () => {
    const kept = store();
    const { theme, language, listWidth } = loadPreferences(kept);
    expect([theme.value, language.value, listWidth.value]).toEqual(['system', 'system', 320]);
    expect(kept.kept.size).toBe(0);
  });

  it('are kept for the next start', () => {
    const kept = store();
    const first = loadPreferences(kept);
    first.theme.value = 'dark';
    first.language.value = 'ru';
    first.listWidth.value = 300;
    const second = loadPreferences(kept);
    expect([second.theme.value, second.language.value, second.listWidth.value]).toEqual(['dark', 'ru', 300]);
  });

  it('take nothing that they do not know', () => {
    const odd = { 'sotto.theme': 'neon', 'sotto.language': '__proto__', 'sotto.listWidth': 'wide' };
    const { theme, language, listWidth } = loadPreferences(store(odd));
    expect([theme.value, language.value, listWidth.value]).toEqual(['system', 'system', 320]);
    expect([boundedWidth(1), boundedWidth(9_999), boundedWidth(300.4)]).toEqual([260, 420, 300]);
  });

  it('last as long as the window where nothing may be stored', () => {
    const forbidden = {
      getItem: () => {
        throw new DOMException('denied', 'SecurityError');
      },
      setItem: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    };
    const { theme } = loadPreferences(forbidden);
    theme.value = 'light';
    expect(theme.value).toBe('light');
  });
});
