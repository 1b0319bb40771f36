import { describe, expect, it } from '@jest/globals';
import { RecoverySeed, recoveryKeyGroups } from '@sotto/crypto';
import { refuseText } from './outgoing-text.js';

/** A key as it is printed, without its dashes. */
const KEY = recoveryKeyGroups(RecoverySeed.of(new Uint8Array(32).map((_, index) => index * 7))).join('');
const grouped = (size: number, separator: string) => KEY.match(new RegExp(`.{1,${size}}`, 'g'))?.join(separator) ?? '';

describe('a text that is to be sent', () => {
  it.each([
    ['plain words', 'Привет! Как дела?'],
    ['a single space around words', ' hi '],
    ['5,000 units', 'x'.repeat(5_000)],
    ['a SHA-256 digest', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['a SHA-256 digest in capitals', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855'],
    ['a SHA-1 digest and a UUID', 'da39a3ee5e6b4b0d3255bfef95601890afd80709 0b0a6f0e-6a5e-4d5c-9d25-6f6a4f3c2b1a'],
    ['many words of four letters', 'that ship sent them back then when they came near them that same week here'],
    ['card and phone numbers', '4111 1111 1111 1111, 5500 0000 0000 0004, 49 30 123456, 49 30 654321'],
    [
      'a safety number',
      Array.from({ length: 12 }, () => '12345')
        .join(' ')
        .replace(/ /g, ','),
    ],
    ['a long word', 'A'.repeat(70)],
  ])('may hold %s', (_, text) => {
    expect(refuseText(text)).toBeUndefined();
  });

  it.each([
    ['nothing', '', 'textEmpty'],
    ['white space', ' \n\t', 'textEmpty'],
    ['5,001 units', 'x'.repeat(5_001), 'textTooLong'],
    ['5,002 units that are fewer characters', '👋'.repeat(2_501), 'textTooLong'],
    ['a linking code', 'look: SLK1:9V4GB2', 'textHoldsSecret'],
    ['a linking code in small letters', 'slk1:abc', 'textHoldsSecret'],
    ['a recovery key', KEY, 'textHoldsSecret'],
    ['a recovery key in a sentence', `my key is ${KEY}.`, 'textHoldsSecret'],
    ['a recovery key in fours', grouped(4, ' '), 'textHoldsSecret'],
    ['a recovery key with hyphens', grouped(4, '-'), 'textHoldsSecret'],
    ['a recovery key in small letters', grouped(6, ' ').toLowerCase(), 'textHoldsSecret'],
    ['a recovery key in eights', `Here: ${grouped(8, '-')} ok`, 'textHoldsSecret'],
    ['a recovery key on lines', grouped(4, '\n'), 'textHoldsSecret'],
  ])('is refused: %s', (_, text, refusal) => {
    expect(refuseText(text)).toBe(refusal);
  });

  it('is looked at in no time, however it was made to be slow', () => {
    const began = performance.now();
    for (const text of ['AAAA '.repeat(1_000), 'A1'.repeat(2_500), 'AB12-'.repeat(999) + '!', 'ABCDE '.repeat(833)]) {
      refuseText(text);
    }
    expect(performance.now() - began).toBeLessThan(500);
  });
});
