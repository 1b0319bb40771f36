import { describe, expect, it } from '@jest/globals';
import { BRIDGE_ERROR_CODES } from '@sotto/client/bridge';
import { LANGUAGES } from './catalogue.js';
import { failureText } from './failure-text.js';
import { createTranslator, localeFor } from './translator.js';

describe('a translator', () => {
  it('counts as Russian does', () => {
    const { text } = createTranslator('ru', 'ru');
    expect([1, 3, 11, 21, 1_240].map((count) => text('chats.unread', { count }))).toEqual([
      '1 непрочитанное сообщение',
      '3 непрочитанных сообщения',
      '11 непрочитанных сообщений',
      '21 непрочитанное сообщение',
      '1\u00a0240 непрочитанных сообщений',
    ]);
  });

  it('isolates what others wrote, so that a name cannot turn the sentence', () => {
    const { text } = createTranslator('en', 'en');
    expect(text('chat.empty', { name: 'בוב' })).toBe('Only you and \u2068בוב\u2069 can read what is written here.');
  });

  it('takes markup in names as text', () => {
    const { text } = createTranslator('en', 'en');
    expect(text('chat.announce', { author: '<b>{x}</b>', text: "'{y}'" })).toBe(
      "\u2068<b>{x}</b>\u2069: \u2068'{y}'\u2069",
    );
  });

  it.each(LANGUAGES)('has words in %s for every failure, whatever the core says of it', (language) => {
    const translator = createTranslator(language, language);
    for (const code of BRIDGE_ERROR_CODES) {
      const words = failureText(translator, { code, params: {} });
      expect(words).not.toMatch(/[{}]/);
      expect(words.length).toBeGreaterThan(20);
    }
    expect(failureText(translator, 'detached').length).toBeGreaterThan(20);
  });

  it('fills in what the core says', () => {
    const translator = createTranslator('ru', 'ru');
    expect(failureText(translator, { code: 'passwordTooShort', params: { least: 21 } })).toContain(
      'не меньше 21 символа',
    );
  });
});

describe('localeFor', () => {
  it('keeps the region of the system where it is of the language', () => {
    expect(localeFor('en', ['ru-RU', 'en-GB'])).toBe('en-GB');
    expect(localeFor('ru', ['en-GB'])).toBe('ru');
  });
});
