import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rangesOf, searchable } from './searchable-text.js';

describe('searchable text', () => {
  it.each([
    ['HÉLLO  Wörld\n', 'hello world'],
    ['Ёжик и Йод', 'ежик и йод'],
    // й as two code points is the same letter, and not и.
    ['и\u0306од', 'йод'],
    ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
    ['İstanbul ILGAZ', 'istanbul ilgaz'],
    ['ﬁne ①②', 'fine 12'],
    ['ｶﾞｷﾞ', 'ガギ'],
    ['مُحَمَّد مـحـمـد', 'محمد محمد'],
    ['한국어', '한국어'],
    ['ไม่ได้', 'ไม่ได้'],
    ['हिन्दी', 'हिन्दी'],
    ['zero\u200bwidth so\u00adft ✌️', 'zerowidth soft ✌'],
    ['', ''],
  ])('of %j is %j', (text, folded) => {
    expect(searchable(text)).toBe(folded.normalize('NFC'));
  });

  it('is the same when it is folded once more, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const folded = searchable(text);
        expect(searchable(folded)).toBe(folded);
      }),
    );
  });
});

describe('places of words', () => {
  const marked = (text: string, ...terms: string[]): string => {
    let shown = '';
    let at = 0;
    for (const [start, end] of rangesOf(text, terms.map(searchable))) {
      shown += `${text.slice(at, start)}[${text.slice(start, end)}]`;
      at = end;
    }
    return shown + text.slice(at);
  };

  it.each([
    ['The Café is CLOSED', ['cafe', 'closed'], 'The [Café] is [CLOSED]'],
    ['cafe\u0301 closed', ['café'], '[cafe\u0301] closed'],
    ['aaaa', ['aa'], '[aaaa]'],
    ['a  b\n\nc', ['b c'], 'a  [b\n\nc]'],
    ['ёлка, Ёлка', ['елка'], '[ёлка], [Ёлка]'],
    ['👍🏽 da 漢字かな', ['字か'], '👍🏽 da 漢[字か]な'],
    ['ﬁsh', ['is'], '[ﬁs]h'],
    ['overlap', ['verl', 'lap'], 'o[verlap]'],
    ['nothing', ['xyz'], 'nothing'],
  ])('in %j', (text, terms, expected) => {
    expect(marked(text, ...terms)).toBe(expected);
  });
});
