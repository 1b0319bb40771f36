import { describe, expect, it } from '@jest/globals';
import { parsePassword } from './password.js';

const bytesOf = (typed: string) => parsePassword(typed)?.unwrap();

describe('parsePassword', () => {
  it.each([
    ['composed and decomposed letters', 'Zürich', 'Zu\u0308rich'],
    ['full-width and plain digits', '１２３', '123'],
    ['a ligature and its letters', 'ﬁsh', 'fish'],
  ])('takes %s for the same password', (_, left, right) => {
    expect(bytesOf(left)).toEqual(bytesOf(right));
  });

  it('keeps everything else apart: case, spaces, order', () => {
    const typed = ['secret', 'Secret', ' secret', 'secret ', 'terces', 'секрет'];
    expect(new Set(typed.map((each) => String(bytesOf(each)))).size).toBe(typed.length);
  });

  it('takes any script, and characters beyond the basic plane', () => {
    expect(bytesOf('пароль 密码 🔑')).toEqual(new Uint8Array(Buffer.from('пароль 密码 🔑', 'utf8')));
  });

  it('refuses nothing, too much, and halves of surrogate pairs', () => {
    expect(parsePassword('')).toBeUndefined();
    expect(parsePassword('a'.repeat(1_024))).toBeDefined();
    expect(parsePassword('a'.repeat(1_025))).toBeUndefined();
    expect(parsePassword('я'.repeat(513))).toBeUndefined();
    expect(parsePassword('abc\ud83d')).toBeUndefined();
    expect(parsePassword('\udd11abc')).toBeUndefined();
  });

  it('is not shown when it is printed', () => {
    expect(String(parsePassword('correct horse'))).toBe('[password]');
  });
});
