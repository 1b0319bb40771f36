import { describe, expect, it } from '@jest/globals';
import { terminalText } from './terminal-text.js';

describe('terminalText', () => {
  it('leaves what people write alone', () => {
    const text = 'Привет, wörld! 👩‍👩‍👧 日本語\nsecond line';
    expect(terminalText(text)).toBe(text);
  });

  it.each([
    ['a title change', '\u001b]0;owned\u0007'],
    ['a colour', '\u001b[31mred'],
    ['a C1 sequence', '\u009b31m'],
    ['a carriage return', 'Alice: yes\rMallory'],
    ['a backspace', 'no\b\byes'],
    ['a bidirectional override', 'abc\u202etxt.exe'],
    ['an isolate', '\u2066hidden\u2069'],
    ['NUL and DEL', '\u0000\u007f'],
  ])('makes %s visible', (_, text) => {
    const shown = terminalText(text);
    expect(shown).toContain('\\u{');
    for (const character of shown) {
      const code = character.codePointAt(0) ?? 0;
      expect(code === 0x0a || (code >= 0x20 && (code < 0x7f || code > 0x9f))).toBe(true);
      expect(code < 0x202a || code > 0x202e).toBe(true);
    }
  });
});
