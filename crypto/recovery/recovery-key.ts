import { certain } from '../certain.js';
import { crockfordCapitals, crockfordCharacters, crockfordValue } from '../crockford.js';
import type { RandomSource } from '../environment.js';
import {
  RecoverySeed,
  recoveryKeyGroup,
  recoveryKeyText,
  type Bytes,
  type RecoveryKeyGroup,
  type RecoveryKeyText,
} from '../keys.js';
import { wipe } from '../secret.js';
import { checkGroups, checkGroupsAgainst } from './group-check.js';

/** Groups of a recovery key as it is printed, the last two of them checks. */
const RECOVERY_KEY_GROUPS = 15;
const CARRYING_GROUPS = RECOVERY_KEY_GROUPS - 2;
const GROUP_CHARACTERS = 4;
const GROUP_BITS = 20;
const SEED_BITS = 256n;
const VERSION = 1n;
const CHARACTERS = RECOVERY_KEY_GROUPS * GROUP_CHARACTERS;
/** How much of a key must be there, or be there too much, to be told that it is damaged rather than that it is none. */
const CHARACTERS_AMISS = 8;
const MOST_TYPED = 1_024;

const QR_PREFIX = 'SRK1:';
const ANY_QR_PREFIX = /^SRK[1-9][0-9]{0,3}:/u;
const SEPARATORS = /[\s\p{Pd}\p{Cf}]+/gu;

/** What somebody has typed or scanned is. */
export type RecoveryKeyVerdict =
  | { readonly outcome: 'valid'; readonly seed: RecoverySeed }
  /** A recovery key with something wrong. `group`: which group, as {@link recoveryKeyGroups} counts, where that can be told. */
  | { readonly outcome: 'damaged'; readonly group: number | undefined }
  | { readonly outcome: 'newerVersion' }
  | { readonly outcome: 'notARecoveryKey' };

const numberOf = (bytes: Bytes): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** The groups as they are printed, the first at index 0. */
export const recoveryKeyGroups = (seed: RecoverySeed): readonly RecoveryKeyGroup[] => {
  const whole = (VERSION << SEED_BITS) | numberOf(seed.unwrap());
  const carrying = Array.from({ length: CARRYING_GROUPS }, (_, index) =>
    Number(BigInt.asUintN(GROUP_BITS, whole >> BigInt(GROUP_BITS * (CARRYING_GROUPS - 1 - index)))),
  );
  return [...carrying, ...checkGroups(carrying)].map((group) =>
    recoveryKeyGroup(crockfordCharacters(group, GROUP_CHARACTERS)),
  );
};

/**
 * The seed as people print and type it: 15 groups of four, with dashes between.
 *
 * @internal the vectors record it; people are shown its groups
 */
export const encodeRecoveryKey = (seed: RecoverySeed): RecoveryKeyText =>
  recoveryKeyText(recoveryKeyGroups(seed).join('-'));

/** The same for a QR code: characters of its alphanumeric mode alone. */
export const recoveryKeyQrText = (seed: RecoverySeed): RecoveryKeyText =>
  recoveryKeyText(QR_PREFIX + recoveryKeyGroups(seed).join(''));

const seedOf = (whole: bigint): RecoverySeed => {
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => Number((whole >> BigInt(8 * (31 - index))) & 0xffn));
  const seed = RecoverySeed.of(bytes);
  wipe(bytes);
  return seed;
};

const inGroups = (characters: string): readonly string[] =>
  Array.from({ length: RECOVERY_KEY_GROUPS }, (_, index) =>
    characters.slice(GROUP_CHARACTERS * index, GROUP_CHARACTERS * (index + 1)),
  );

const NONE: RecoveryKeyVerdict = { outcome: 'notARecoveryKey' };
const DAMAGED: RecoveryKeyVerdict = { outcome: 'damaged', group: undefined };

const judgeNumbers = (numbers: readonly number[]): RecoveryKeyVerdict => {
  const [carrying, checks] = [numbers.slice(0, CARRYING_GROUPS), numbers.slice(CARRYING_GROUPS)];
  const [first, second] = checks;
  const check = checkGroupsAgainst(carrying, [
    certain(first, 'there are two checks'),
    certain(second, 'there are two checks'),
  ]);
  if (check.outcome === 'damaged') return check;
  const whole = carrying.reduce((value, group) => (value << BigInt(GROUP_BITS)) | BigInt(group), 0n);
  const version = whole >> SEED_BITS;
  if (version === VERSION) return { outcome: 'valid', seed: seedOf(whole) };
  return version > VERSION ? { outcome: 'newerVersion' } : NONE;
};

const judgeGroups = (groups: readonly string[]): RecoveryKeyVerdict => {
  const numbers = groups.map((group) => (group.length === GROUP_CHARACTERS ? crockfordValue(group) : undefined));
  const known = numbers.filter((number) => number !== undefined);
  const unreadable = numbers.length - known.length;
  if (unreadable === 0) return judgeNumbers(known);
  if (unreadable === 1) return { outcome: 'damaged', group: numbers.indexOf(undefined) };
  return unreadable * GROUP_CHARACTERS > CHARACTERS_AMISS ? NONE : DAMAGED;
};

const judge = (text: string): RecoveryKeyVerdict => {
  const parts = text.split(SEPARATORS).filter((part) => part !== '');
  if (parts.length === RECOVERY_KEY_GROUPS) return judgeGroups(parts);
  const characters = parts.join('');
  if (characters.length === CHARACTERS) return judgeGroups(inGroups(characters));
  const isNearly = Math.abs(characters.length - CHARACTERS) <= CHARACTERS_AMISS;
  return isNearly && crockfordValue(characters) !== undefined ? DAMAGED : NONE;
};

/**
 * Reads what somebody typed, pasted or scanned: in any case, with or without spaces and dashes, O for 0, and I or L for 1. A
 * mistake is never repaired in silence.
 */
export const parseRecoveryKey = (typed: string): RecoveryKeyVerdict => {
  if (typed.length > MOST_TYPED) return NONE;
  const capitals = crockfordCapitals(typed.trim());
  const prefix = ANY_QR_PREFIX.exec(capitals)?.[0];
  if (prefix !== undefined && prefix !== QR_PREFIX) return { outcome: 'newerVersion' };
  return judge(capitals.slice(prefix?.length ?? 0));
};

/**
 * Has somebody who was asked for the group at `index` typed that group? For the proof that the kit is on paper. Forgiving like
 * {@link parseRecoveryKey}.
 */
export const isRecoveryKeyGroup = (seed: RecoverySeed, index: number, typed: string): boolean =>
  crockfordCapitals(typed.trim()) === recoveryKeyGroups(seed)[index];

/** Draws which groups of the key to ask for, in ascending order, no group twice. */
export const drawRecoveryKeyGroups = (count: number, random: RandomSource): readonly number[] => {
  const left = Array.from({ length: RECOVERY_KEY_GROUPS }, (_, index) => index);
  const drawn = Array.from({ length: Math.min(count, RECOVERY_KEY_GROUPS) }, () => {
    const bytes = random.bytes(4);
    const at = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % left.length;
    return certain(left.splice(at, 1)[0], 'there is a group left');
  });
  return drawn.toSorted((one, other) => one - other);
};

/** Version 1 in the first four of 260 bits. */
const FIRST_CHARACTERS = '23';

const isKey = (groups: readonly string[]): boolean => {
  const verdict = judgeGroups(groups);
  if (verdict.outcome !== 'valid') return false;
  verdict.seed.purge();
  return true;
};

const holdsWholeKey = (run: string): boolean => {
  for (let at = 0; at + CHARACTERS <= run.length; at += 1)
    if (FIRST_CHARACTERS.includes(run.charAt(at)) && isKey(inGroups(run.slice(at, at + CHARACTERS)))) return true;
  return false;
};

/** 15 groups of four characters and nothing else: a key as it is printed, whatever is wrong in it. */
const PRINTED = /^\s*(?:[0-9A-Z]{4}[\s\p{Pd}]+){14}[0-9A-Z]{4}\s*$/u;

/**
 * Does a text that somebody is about to send hold a recovery key, whatever stands around it? Also one with mistakes, or of a later
 * version, if the text is nothing else. For the composer, which refuses to send it. Hashes in hexadecimal pass.
 */
export const holdsRecoveryKey = (text: string): boolean => {
  const capitals = crockfordCapitals(text);
  // Sixty characters of a key without a single digit do not happen; fifteen words of four letters do.
  if (PRINTED.test(capitals) && /\d/u.test(text)) return true;
  const runs = capitals.replaceAll(SEPARATORS, '').split(/[^0-9A-Z]+/u);
  if (runs.some(holdsWholeKey)) return true;
  const verdict = parseRecoveryKey(text);
  return verdict.outcome === 'newerVersion' || (verdict.outcome === 'damaged' && verdict.group !== undefined);
};
