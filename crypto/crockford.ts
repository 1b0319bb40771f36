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
