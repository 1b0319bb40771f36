import { describe, expect, it } from '@jest/globals';
import { crockfordCharacters } from '../crockford.js';
import { RecoverySeed } from '../keys.js';
import { counted, TEST_SEED } from '../testing/scale.js';
import { SeededChoice } from '../testing/seeded-choice.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { checkGroups } from './group-check.js';
import {
  drawRecoveryKeyGroups,
  encodeRecoveryKey,
  holdsRecoveryKey,
  isRecoveryKeyGroup,
  parseRecoveryKey,
  recoveryKeyGroups,
  recoveryKeyQrText,
} from './recovery-key.js';

/** In a printed key, check groups included. */
const GROUPS = 15;

const random = seededRandomForTesting('recovery key');
const choice = new SeededChoice(TEST_SEED);
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const seed = RecoverySeed.generate(random);
const text = encodeRecoveryKey(seed);
const groups: readonly string[] = recoveryKeyGroups(seed);

/** The verdict with the seed as numbers, so that it can be compared. */
const read = (typed: string) => {
  const verdict = parseRecoveryKey(typed);
  return verdict.outcome === 'valid' ? [...verdict.seed.unwrap()] : verdict;
};
const own = [...seed.unwrap()];
const NONE = { outcome: 'notARecoveryKey' };

/** Another group than this one, at random. */
const otherThan = (group: string): string => {
  const other = Array.from({ length: 4 }, () => ALPHABET.charAt(choice.below(32))).join('');
  return other === group ? otherThan(group) : other;
};

describe('a recovery key as text', () => {
  it('is 15 groups of four characters that no one confuses', () => {
    expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){14}$/);
    expect(text).toBe(groups.join('-'));
    expect(groups).toHaveLength(GROUPS);
  });

  it('comes back, whatever the seed', () => {
    const seeds = [0x00, 0xff, 0x80, 0x01].map((byte) => RecoverySeed.of(new Uint8Array(32).fill(byte)));
    for (let round = 0; round < counted(20_000); round += 1) seeds.push(RecoverySeed.generate(random));
    for (const each of seeds) {
      expect(read(encodeRecoveryKey(each))).toEqual([...each.unwrap()]);
      expect(read(recoveryKeyQrText(each))).toEqual([...each.unwrap()]);
    }
  });

  it.each([
    ['small letters', text.toLowerCase()],
    ['spaces', text.replaceAll('-', ' ')],
    ['no separators', text.replaceAll('-', '')],
    ['long dashes and line ends', text.replaceAll('-', ' \u2013\r\n')],
    ['separators inside of groups', Array.from(text).join(' ')],
    ['soft hyphens and blanks around', `\t ${text.replaceAll('-', '\u00ad')} \n`],
    ['O for 0, I and L for 1', text.replaceAll('0', 'o').replace('1', 'I').replaceAll('1', 'l')],
    ['a QR text in small letters', recoveryKeyQrText(seed).toLowerCase()],
  ])('is read with %s', (_, typed) => {
    expect(read(typed)).toEqual(own);
  });

  it('reads O, I and L in a key that has all of them', () => {
    const many = RecoverySeed.of(new Uint8Array(32).fill(0b0000_1000));
    expect(encodeRecoveryKey(many)).toMatch(/0.*1/);
    const typed = encodeRecoveryKey(many).replaceAll('0', 'O').replace('1', 'l').replaceAll('1', 'i');
    expect(read(typed)).toEqual([...many.unwrap()]);
  });

  it('has a QR text of the alphanumeric mode alone', () => {
    expect(recoveryKeyQrText(seed)).toMatch(/^SRK1:[0-9A-Z]{60}$/);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'correct'],
    ['a sentence of 15 words', 'the quick brown fox jumps over the lazy dog and then goes home to sleep'],
    ['a link code', `SLK1:${'0'.repeat(261)}`],
    ['zeros, whose checks are right', '0'.repeat(60)],
    ['another QR prefix', `SRX1:${groups.join('')}`],
    ['much too long a text', text.padEnd(2_000, ' ')],
    ['other letters', 'я'.repeat(60)],
    ['a letter that the alphabet leaves out, everywhere', 'U'.repeat(60)],
  ])('is not: %s', (_, typed) => {
    expect(read(typed)).toEqual(NONE);
  });

  it('of a later version is told from a damaged one', () => {
    const later = [0x20_000, ...new Array<number>(12).fill(7)];
    const typed = [...later, ...checkGroups(later)].map((group) => crockfordCharacters(group, 4)).join('-');
    expect(read(typed)).toEqual({ outcome: 'newerVersion' });
    expect(holdsRecoveryKey(typed)).toBe(true);
    expect(read(recoveryKeyQrText(seed).replace('SRK1', 'SRK2'))).toEqual({ outcome: 'newerVersion' });
    expect(read(recoveryKeyQrText(seed).replace('SRK1', 'SRK12'))).toEqual({ outcome: 'newerVersion' });
  });
});

describe('a mistake in a recovery key', () => {
  it('within one group is named, whatever the group became', () => {
    for (let round = 0; round < counted(100_000); round += 1) {
      const at = choice.below(GROUPS);
      const typed = groups
        .with(at, recoveryKeyGroups(seed)[at]!)
        .map((group, index) => (index === at ? otherThan(group) : group));
      expect(read(typed.join('-'))).toEqual({ outcome: 'damaged', group: at });
    }
  });

  it('of one character is named, for every character and every other one', () => {
    const characters = groups.join('');
    for (let at = 0; at < characters.length; at += 1)
      for (const other of ALPHABET) {
        if (other === characters[at]) continue;
        const typed = characters.slice(0, at) + other + characters.slice(at + 1);
        expect(read(typed)).toEqual({ outcome: 'damaged', group: Math.floor(at / 4) });
      }
  });

  it.each([
    ['too short', 'ABC'],
    ['too long', 'ABCDE'],
    ['with a character that is none', 'AB*D'],
    ['with a letter that the alphabet leaves out', 'UUUU'],
    ['of half a character', 'AB\ud83d\ude00'],
  ])('that leaves a group %s is named', (_, group) => {
    expect(read(groups.with(7, group).join('-'))).toEqual({ outcome: 'damaged', group: 7 });
  });

  it('that makes two groups unreadable, or leaves characters out, is told without a group', () => {
    const damaged = { outcome: 'damaged', group: undefined };
    expect(read(groups.with(3, 'ABC').with(4, 'AB').join('-'))).toEqual(damaged);
    expect(read(text.replaceAll('-', '').slice(1))).toEqual(damaged);
    expect(read(`${text.replaceAll('-', '')}77`)).toEqual(damaged);
    expect(read(groups.with(3, '').join('-'))).toEqual(damaged);
  });

  it('that swaps two groups is found, and no third one is blamed', () => {
    for (let one = 0; one < GROUPS; one += 1)
      for (let other = one + 1; other < GROUPS; other += 1) {
        const verdict = read(groups.with(one, groups[other]!).with(other, groups[one]!).join(''));
        expect(verdict).toMatchObject({ outcome: 'damaged' });
        if (other < GROUPS - 2) expect(verdict).toEqual({ outcome: 'damaged', group: undefined });
      }
  });

  it('in two groups is always found', () => {
    for (let round = 0; round < counted(100_000); round += 1) {
      const one = choice.below(GROUPS - 1);
      const other = one + 1 + choice.below(GROUPS - 1 - one);
      const typed = groups.with(one, otherThan(groups[one]!)).with(other, otherThan(groups[other]!));
      expect(read(typed.join('-'))).toMatchObject({ outcome: 'damaged' });
    }
  });
});

describe('the proof that the kit is on paper', () => {
  it('draws different groups in order, each of them sooner or later', () => {
    const seen = new Set<number>();
    for (let round = 0; round < 200; round += 1) {
      const drawn = drawRecoveryKeyGroups(2, random);
      expect(drawn).toHaveLength(2);
      expect(drawn[0]).toBeLessThan(drawn[1]!);
      for (const index of drawn) seen.add(index);
    }
    expect([...seen].toSorted((one, other) => one - other)).toEqual(Array.from(groups, (_, index) => index));
  });

  it('never draws more than there are', () => {
    expect(drawRecoveryKeyGroups(99, random)).toHaveLength(GROUPS);
  });

  it('takes the group that was asked for, and no other', () => {
    expect(isRecoveryKeyGroup(seed, 5, ` ${groups[5]!.toLowerCase()} `)).toBe(true);
    expect(isRecoveryKeyGroup(seed, 5, groups[6]!)).toBe(false);
    expect(isRecoveryKeyGroup(seed, 5, '')).toBe(false);
    expect(isRecoveryKeyGroup(seed, GROUPS, '')).toBe(false);
  });
});

describe('holdsRecoveryKey', () => {
  it.each([
    ['the key', text],
    ['the key in small letters without dashes', text.replaceAll('-', '').toLowerCase()],
    ['the QR text', recoveryKeyQrText(seed)],
    ['a sentence around it', `my key is ${text}, keep it.`],
    ['letters right beside it', `ABC${groups.join('')}XYZ`],
    ['other letters right beside it', `ключ${groups.join('')}ключ`],
    ['one line a group', groups.join('\n')],
    ['one mistake', groups.with(4, otherThan(groups[4]!)).join('-')],
    ['two mistakes, as it is printed', groups.with(4, otherThan(groups[4]!)).with(5, 'ABCU').join(' ')],
    ['one mistake, without dashes', groups.with(4, otherThan(groups[4]!)).join('')],
    ['a later version', recoveryKeyQrText(seed).replace('SRK1', 'SRK2')],
  ])('finds %s', (_, message) => {
    expect(holdsRecoveryKey(message)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a sentence', 'Shall we meet at eight? I have got the tickets; bring your brother along, and something to eat.'],
    ['a long number', '3'.repeat(400)],
    ['a hash', 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'],
    ['half of a key', text.slice(0, 35)],
    ['a Russian sentence', 'Привет! Встречаемся завтра в восемь у метро, не забудь билеты и что-нибудь поесть.'],
  ])('lets through %s', (_, message) => {
    expect(holdsRecoveryKey(message)).toBe(false);
  });
});
