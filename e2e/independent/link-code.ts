/** SPEC §10.1: token and code. */
import { ascii, concat, demand, Reader, same, u8, u32, type Bytes } from './bytes.js';
import { demandX25519Key, ed25519Sign, hash, hmac } from './primitives.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PREFIX = 'SLK1:';
const LATER = /^SLK[2-9]:/;
const LONGEST_TEXT = 1600;
const CHECK_LENGTH = 4;
const SECRET_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
const SUITE = 1;
const OFFER = 1;
const FLAG = { pin: 1, text: 2, history: 4 };
const HOST = /^[a-z0-9._:[\]-]{1,253}$/;

export interface OfferFields {
  readonly ephemeralKey: Bytes;
  readonly expirySeconds: number;
  readonly host: string;
  readonly tlsPin?: Bytes;
  readonly textExport: boolean;
  readonly historyOffered: boolean;
}
export interface OfferToken extends OfferFields {
  readonly token: Bytes;
  readonly body: Bytes;
  readonly signature: Bytes;
}
export interface LinkCode {
  readonly offer: OfferToken;
  readonly secret: Bytes;
}

export const sessionId = (token: Bytes): Bytes => hash(ascii('slk1/sid'), token).slice(0, 16);
export const contestMac = ({ offer, secret }: LinkCode): Bytes =>
  hmac(secret, ascii('slk1/contest'), sessionId(offer.token));

export const writeOffer = (fields: OfferFields, signingKey: Bytes): Bytes => {
  const flags =
    (fields.tlsPin === undefined ? 0 : FLAG.pin) |
    (fields.textExport ? FLAG.text : 0) |
    (fields.historyOffered ? FLAG.history : 0);
  const body = concat(
    concat(u8(1), u8(OFFER), u8(SUITE), u8(flags), u32(fields.expirySeconds), fields.ephemeralKey),
    concat(u8(fields.host.length), ascii(fields.host), fields.tlsPin ?? new Uint8Array()),
  );
  return concat(body, ed25519Sign(signingKey, ascii('slk1/token'), body));
};

export const readOffer = (token: Bytes): OfferToken => {
  const reader = new Reader(token);
  demand(reader.u8() === 1, 'another version');
  demand(reader.u8() === OFFER, 'not an offer');
  demand(reader.u8() === SUITE, 'another suite');
  const flags = reader.u8();
  demand((flags & ~(FLAG.pin | FLAG.text | FLAG.history)) === 0, 'an unknown flag');
  const expirySeconds = reader.u32();
  const ephemeralKey = reader.take(32);
  demandX25519Key(ephemeralKey);
  const host = Buffer.from(reader.take(reader.u8())).toString('latin1');
  demand(HOST.test(host), 'not a host');
  const tlsPin = (flags & FLAG.pin) === 0 ? undefined : reader.take(16);
  const signature = reader.take(SIGNATURE_LENGTH);
  reader.end();
  return {
    ...{ token, body: token.slice(0, -SIGNATURE_LENGTH), signature, expirySeconds, ephemeralKey, host },
    ...(tlsPin === undefined ? {} : { tlsPin }),
    textExport: (flags & FLAG.text) !== 0,
    historyOffered: (flags & FLAG.history) !== 0,
  };
};

export const encodeBase32 = (bytes: Bytes): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => ALPHABET.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('');
};

export const decodeBase32 = (text: string): Bytes => {
  const bits = Array.from(text, (character) => {
    const value = ALPHABET.indexOf(character);
    demand(value >= 0, 'a character that no code has');
    return value.toString(2).padStart(5, '0');
  }).join('');
  const whole = bits.length - (bits.length % 8);
  demand(bits.length - whole < 5, 'a character too many');
  demand(!bits.slice(whole).includes('1'), 'filling bits that are not zero');
  return Uint8Array.from(bits.slice(0, whole).match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
};

export const writeCode = (token: Bytes, secret: Bytes): string =>
  `${PREFIX}${encodeBase32(concat(token, secret, hash(token, secret).slice(0, CHECK_LENGTH)))}`;

export const readCode = (text: string): LinkCode => {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, '');
  demand(text.length <= LONGEST_TEXT, 'not a link code');
  demand(!LATER.test(plain), 'a newer program is needed');
  demand(plain.startsWith(PREFIX), 'not a link code');
  const bytes = decodeBase32(plain.slice(PREFIX.length).replaceAll('O', '0').replaceAll(/[IL]/g, '1'));
  const check = bytes.slice(-CHECK_LENGTH);
  const secret = bytes.slice(-CHECK_LENGTH - SECRET_LENGTH, -CHECK_LENGTH);
  const token = bytes.slice(0, -CHECK_LENGTH - SECRET_LENGTH);
  demand(same(check, hash(token, secret).slice(0, CHECK_LENGTH)), 'damaged');
  return { offer: readOffer(token), secret };
};
