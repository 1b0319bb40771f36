/** SPEC §10.6: the code that is typed. */
import { ascii, demand, same, type Bytes } from './bytes.js';
import { decodeBase32, encodeBase32 } from './link-code.js';
import { hash, hkdf } from './primitives.js';

const CHECK_BITS = 0x1f;
const LAST = 14;
const CHARACTERS = 24;

export interface ManualCode {
  readonly text: string;
  readonly lookup: Bytes;
  readonly secret: Bytes;
}

/** 115 random bits, whatever the last five were, and the five that check them. */
const withCheck = (drawn: Bytes): Bytes => {
  const bytes = drawn.slice();
  const random = (bytes[LAST] ?? 0) & ~CHECK_BITS;
  bytes[LAST] = random;
  bytes[LAST] = random | ((hash(ascii('slk1/manual/check'), bytes)[0] ?? 0) >> 3);
  return bytes;
};

const codeOf = (bytes: Bytes): ManualCode => ({
  text: (encodeBase32(bytes).match(/.{4}/g) ?? []).join('-'),
  // HKDF without salt is HKDF with a salt of no bytes (RFC 5869).
  lookup: hkdf(bytes, new Uint8Array(), 'slk1/manual/lookup', 16),
  secret: hkdf(bytes, new Uint8Array(), 'slk1/manual/secret', 32),
});

export const drawManualCode = (drawn: Bytes): ManualCode => codeOf(withCheck(drawn));

export const readManualCode = (text: string): ManualCode => {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  demand(plain.length <= CHARACTERS && /^[0-9A-HJKMNP-TV-Z]*$/.test(plain), 'not a manual code');
  demand(plain.length === CHARACTERS, 'incomplete');
  const bytes = decodeBase32(plain);
  demand(same(bytes, withCheck(bytes)), 'mistyped');
  return codeOf(bytes);
};
