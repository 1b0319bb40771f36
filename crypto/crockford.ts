import type { Bytes } from './keys.js';

/** Crockford's Base32 (https://www.crockford.com/base32.html): no I, L, O, U, so that nothing is taken for something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS = 5;

/** `length` characters for a whole number below 2^(5 · length), at most 2^30. */
export const crockfordCharacters = (value: number, length: number): string =>
  Array.from({ length }, (_, index) => ALPHABET.charAt((value >>> (BITS * (length - 1 - index))) & 31)).join('');

/** A text in capitals, with O read as 0, and I and L as 1. */
export const crockfordCapitals = (text: string): string =>
  text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/gu, '1');

/** The number of up to six characters in capitals; `undefined` if one of them is not of the alphabet. */
export const crockfordValue = (characters: string): number | undefined => {
  let value = 0;
  for (const character of characters) {
    const digit = ALPHABET.indexOf(character);
    if (digit === -1) return undefined;
    value = value * 2 ** BITS + digit;
  }
  return value;
};

/** What a person typed or a reader scanned, in capitals, blanks and hyphens left out. */
export const crockfordCompact = (text: string): string => crockfordCapitals(text.replaceAll(/[\s-]/gu, ''));

/** Crockford's Base32, capitals, the last character filled up with zero bits. */
export const encodeCrockford = (bytes: Uint8Array): string => {
  let text = '';
  let [buffer, bits] = [0, 0];
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    for (; bits >= BITS; bits -= BITS) text += ALPHABET.charAt((buffer >> (bits - BITS)) & 31);
    buffer &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((buffer << (BITS - bits)) & 31);
};

/** The bytes of a text that {@link encodeCrockford} wrote; `undefined` for any other text. */
export const decodeCrockford = (text: string): Bytes | undefined => {
  const bytes = new Uint8Array(Math.floor((text.length * BITS) / 8));
  let [buffer, bits, at] = [0, 0, 0];
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    buffer = (buffer << BITS) | value;
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = buffer >> bits;
    at += 1;
    buffer &= (1 << bits) - 1;
  }
  // A rest of five bits or more is a character too many, and one that is not zero a second spelling.
  return bits < BITS && buffer === 0 ? bytes : undefined;
};
