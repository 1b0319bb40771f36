import { describe, expect, it } from '@jest/globals';
import { sha256 } from '../backend/noble.js';
import { concatenate } from '../bytes.js';
import { crockfordCompact, decodeCrockford, encodeCrockford } from '../crockford.js';
import { LinkSecret, TlsKeyPin } from '../keys.js';
import { counted } from '../testing/scale.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { SeededChoice } from '../testing/seeded-choice.js';
import { TEST_SEED } from '../testing/scale.js';
import { encodeLinkCode, holdsLinkSecret, offerOfManualCode, parseLinkCode } from './link-code.js';
import {
  formatManualCode,
  generateManualCode,
  manualCodeLookupId,
  manualCodeSecret,
  parseManualCode,
} from './manual-code.js';
import { account, expectOutcome, host, HOST, newDevice, offerBy, reasonOf, requestBy } from './testing/test-link.js';

const anna = account('anna');
const offer = offerBy(anna, 'code');
const request = requestBy(newDevice('code'), 'code');
const text: string = offer.codeText;
const pin = TlsKeyPin.of(new Uint8Array(16).fill(1));
const encoded = (bytes: Uint8Array) => `SLK1:${encodeCrockford(bytes)}`;
const checked = (token: Uint8Array) => {
  const secret = new Uint8Array(32).fill(5);
  return encoded(concatenate(token, secret, sha256(token, secret).subarray(0, 4)));
};

describe('Crockford’s Base32', () => {
  it('reads what it wrote, whatever the bytes, and nothing else', () => {
    const random = seededRandomForTesting('base32');
    for (let length = 0; length < counted(5_000); length += 1) {
      const bytes = random.bytes(length);
      const written = encodeCrockford(bytes);
      expect(written).toHaveLength(Math.ceil((length * 8) / 5));
      expect(decodeCrockford(written)).toEqual(bytes);
      expect(decodeCrockford(`${written}0`)?.length).not.toBe(length);
    }
  });

  it('is the one of the specification', () => {
    expect(encodeCrockford(Uint8Array.of(0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6))).toBe('0123456789ABC');
  });

  it.each(['U', 'a', '0', '01', '000', '*'])('refuses %s', (written) => {
    expect(decodeCrockford(written)).toBeUndefined();
  });

  it('takes people’s letters for the digits that they look like', () => {
    expect(crockfordCompact(' oO-iI\nlL x')).toBe('001111X');
  });
});

describe('a link code', () => {
  it('holds token and secret, in capitals that a QR code holds two in eleven bits', () => {
    const { code } = expectOutcome(parseLinkCode(text), 'offer');
    expect(code.token).toEqual(offer.token);
    expect(encodeLinkCode(code)).toBe(text);
    expect(text).toMatch(/^SLK1:[0-9A-HJKMNP-TV-Z]+$/);
    expect(expectOutcome(parseLinkCode(request.codeText), 'request').code.token).toEqual(request.token);
  });

  /** Alphanumeric capacity at level M: version 9 holds 262 characters, version 10 holds 311 (ISO/IEC 18004). */
  it.each([
    { length: 19, tlsPin: undefined, characters: 261, capacity: 262 },
    { length: 4, tlsPin: undefined, characters: 237, capacity: 262 },
    { length: 34, tlsPin: pin, characters: 311, capacity: 311 },
  ])('of a host of $length characters is $characters of $capacity', ({ length, tlsPin, characters, capacity }) => {
    const made = offerBy(anna, 'size', { host: host('a'.repeat(length)), tlsPin });
    expect(made.codeText).toHaveLength(characters);
    expect(characters).toBeLessThanOrEqual(capacity);
    expect(made.token.bytes.length + 36).toBe(Math.floor(((characters - 5) * 5) / 8));
  });

  it('is 160 bytes for a host of 19 characters', () => {
    expect(offerBy(anna, 'size', { host: host('a'.repeat(19)) }).token.bytes.length + 32 + 4).toBe(160);
  });

  it('of the longest host can be read back', () => {
    const longest = requestBy(newDevice('longest'), 'longest', { host: host('a'.repeat(253)), tlsPin: pin });
    expect(expectOutcome(parseLinkCode(longest.codeText), 'request').code.token).toEqual(longest.token);
  });

  it('is read in small letters, with blanks, line ends, hyphens and lookalikes', () => {
    expect(reasonOf(parseLinkCode(text.toLowerCase()))).toBe('offer');
    expect(reasonOf(parseLinkCode(` ${text.replaceAll('0', 'O').slice(0, 60)} \r\n-${text.slice(60)}\n`))).toBe(
      'offer',
    );
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'notALinkCode'],
    ['an address', 'https://chat.example.org/SLK1:', 'notALinkCode'],
    ['a text beyond all codes', `SLK1:${'0'.repeat(1_600)}`, 'notALinkCode'],
    ['P9: a code of version 2', text.replace('SLK1', 'SLK2'), 'newerVersion'],
    ['P9: a token of version 2', checked(offer.token.bytes.with(0, 2)), 'newerVersion'],
    ['P9: a token of suite 2', checked(offer.token.bytes.with(2, 2)), 'unsupportedSuite'],
    ['a token that is none', checked(offer.token.bytes.with(3, 0x80)), 'damaged'],
    ['the prefix alone', 'SLK1:', 'damaged'],
    ['no token before secret and check', encoded(new Uint8Array(36)), 'damaged'],
    ['a character that no code has', `${text.slice(0, -1)}U`, 'damaged'],
    ['the first half', text.slice(0, 130), 'damaged'],
    ['a character more', `${text}0`, 'damaged'],
    ['two codes', text + text, 'damaged'],
  ])('is refused: %s', (_, typed, reason) => {
    expect(reasonOf(parseLinkCode(typed))).toBe(reason);
  });

  it('P2: is refused with any character exchanged for any other', () => {
    const choice = new SeededChoice(TEST_SEED);
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    for (let index = 5; index < text.length; index += 1) {
      const other = alphabet.replace(text.charAt(index), '').charAt(choice.below(31));
      expect(reasonOf(parseLinkCode(`${text.slice(0, index)}${other}${text.slice(index + 1)}`))).toBe('damaged');
    }
  });

  it('is refused, whatever it is fed, without throwing', () => {
    const random = seededRandomForTesting('code fuzz');
    for (let round = 0; round < counted(20_000); round += 1) {
      const length = (random.bytes(1)[0] ?? 0) * 2;
      expect(reasonOf(parseLinkCode(encoded(random.bytes(length))))).toBe('damaged');
      expect(reasonOf(parseLinkCode(String.fromCharCode(...random.bytes(50))))).toBe('notALinkCode');
    }
  });
});

describe('a manual code', () => {
  const code = generateManualCode(seededRandomForTesting('manual'));
  const shown = formatManualCode(code);

  it('is 24 characters in groups of four, and read back however it is typed', () => {
    expect(shown).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}$/);
    for (const typed of [shown, shown.toLowerCase(), shown.replaceAll('-', ' '), ` ${shown.replaceAll('-', '')}\n`])
      expect(expectOutcome(parseManualCode(typed), 'valid').code.unwrap()).toEqual(code.unwrap());
  });

  it.each([
    ['nothing', '', 'incomplete'],
    ['23 characters', shown.slice(0, -1), 'incomplete'],
    ['25 characters', `${shown}0`, 'notAManualCode'],
    ['a character that no code has', `${shown.slice(0, -1)}U`, 'notAManualCode'],
    ['a text beyond all codes', ' '.repeat(201), 'notAManualCode'],
  ])('is refused: %s', (_, typed, reason) => {
    expect(reasonOf(parseManualCode(typed))).toBe(reason);
  });

  it('tells 31 of 32 slips, and takes the 32nd for another code', () => {
    const choice = new SeededChoice(TEST_SEED);
    const rounds = counted(100_000);
    let taken = 0;
    for (let round = 0; round < rounds; round += 1) {
      const bytes = new Uint8Array(code.unwrap());
      const at = choice.below(15);
      bytes[at] = (bytes[at] ?? 0) ^ (1 + choice.below(255));
      const verdict = parseManualCode(encodeCrockford(bytes));
      if (verdict.outcome === 'valid') taken += 1;
      else expect(verdict.reason).toBe('mistyped');
    }
    expect(taken / rounds).toBeLessThan(0.06);
  });

  it('gives a lookup id and a secret that have nothing in common with it or each other', () => {
    const [lookup, secret] = [manualCodeLookupId(code), manualCodeSecret(code)];
    expect(lookup).toHaveLength(16);
    expect(secret.unwrap().subarray(0, 16)).not.toEqual(lookup);
    expect(manualCodeLookupId(code)).toEqual(lookup);
    expect(manualCodeLookupId(generateManualCode(seededRandomForTesting('other')))).not.toEqual(lookup);
  });

  const typedOffer = offerBy(anna, 'typed', { manualCode: code });

  it('joins the token that the server keeps, and gives the same secret as the picture', () => {
    expect(typedOffer.manualCode?.unwrap()).toEqual(code.unwrap());
    const typed = expectOutcome(offerOfManualCode(code, { token: typedOffer.token.bytes, host: HOST }), 'offer').code;
    expect(encodeLinkCode(typed)).toBe(typedOffer.codeText);
  });

  it.each([
    ['P2: for another host', 'otherHost', typedOffer.token.bytes, host('evil.example.org')],
    ['of a new device', 'malformed', request.token.bytes, HOST],
    ['of another version', 'newerVersion', typedOffer.token.bytes.with(0, 2), HOST],
  ])('refuses a token %s', (_, reason, token, from) => {
    expect(reasonOf(offerOfManualCode(code, { token, host: from }))).toBe(reason);
  });
});

describe('holdsLinkSecret', () => {
  const manual = formatManualCode(generateManualCode(seededRandomForTesting('text')));

  it.each([
    ['a code', text],
    ['a code in a sentence', `scan this: ${text.toLowerCase()}!`],
    ['the beginning of one', text.slice(0, 12)],
    ['a code with blanks in it', `S L K 1 : ${text.slice(5)}`],
    ['a code of a later version', 'SLK3:ABC'],
    ['a manual code', `type ${manual}, please`],
    ['a manual code in small letters', manual.toLowerCase()],
  ])('finds %s', (_, holder) => {
    expect(holdsLinkSecret(holder)).toBe(true);
  });

  it.each([
    ['plain words', 'Привет! Как дела?'],
    ['the name of the protocol', 'SLK1 is how devices are linked'],
    ['an IBAN', 'CZ65 0800 0000 1920 0014 5399'],
    ['groups whose check bits do not fit', manual.replace(/^./, (first) => (first === '0' ? '1' : '0'))],
    ['groups of a longer number', `1234-${manual}`],
  ])('lets pass %s', (_, holder) => {
    expect(holdsLinkSecret(holder)).toBe(false);
  });

  it('gives the secret away to nobody who prints it', () => {
    expect(String(LinkSecret.of(new Uint8Array(32)))).toBe('[link secret]');
  });
});
