import type { Bytes } from '../keys.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS = 5;
/** What people write for the digits that these letters look like. */
const LOOKALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/** The one spelling of what a person typed or a reader scanned: no blanks or hyphens, capitals, digits for their lookalikes. */
export const normaliseCrockford = (text: string): string =>
  text
    .replaceAll(/[\s-]/g, '')
    .toUpperCase()
    .replaceAll(/[OIL]/g, (letter) => LOOKALIKES[letter] ?? letter);

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
