/** SPEC §10.3: what both ends of an offer derive and put into boxes. */
import { ascii, concat, demand, Reader, same, u8, u16, type Bytes } from './bytes.js';
import {
  demandCurveKey,
  ed25519Sign,
  ed25519Verify,
  hash,
  hkdf,
  hmac,
  KEM_KEY_LENGTH,
  xeddsaSign,
  xeddsaVerify,
} from './primitives.js';

const SUITE = 1;
const LONGEST_WORD = 128;
const FORBIDDEN_IN_WORDS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]|^\p{White_Space}|\p{White_Space}$/u;

export interface NewDeviceKeys {
  readonly identity: Bytes;
  readonly signing: Bytes;
  readonly link: Bytes;
}
export interface Introduction {
  readonly nonce: Bytes;
  readonly keys: NewDeviceKeys;
  readonly kemKey: Bytes;
  readonly name: string;
  readonly system: string;
}
export interface SessionKeys {
  readonly authorisedToNew: Bytes;
  readonly newToAuthorised: Bytes;
  readonly digits: Bytes;
}

export const transcript0 = (token: Bytes): Bytes => hash(ascii('slk1/transcript'), token);
export const transcript1 = (th0: Bytes, e: Bytes, box1: Bytes): Bytes => hash(th0, e, box1);
/** TH2 to TH4: each is over the one before and what was sent next. */
export const nextTranscript = (before: Bytes, sent: Bytes): Bytes => hash(before, sent);

export const firstKey = (dh: Bytes, secret: Bytes, th0: Bytes): Bytes => hkdf(concat(dh, secret), th0, 'slk1/m1', 32);
export const sessionKeys = (shared: Bytes, th2: Bytes): SessionKeys => {
  const keys = new Reader(hkdf(shared, th2, 'slk1/keys', 96));
  return { authorisedToNew: keys.take(32), newToAuthorised: keys.take(32), digits: keys.take(32) };
};
export const digitsOf = (keys: SessionKeys, th3: Bytes): string =>
  String(Buffer.from(hmac(keys.digits, th3)).reduce((number, byte) => (number * 256 + byte) % 1_000_000, 0)).padStart(
    6,
    '0',
  );

const word = (text: string): Bytes => {
  const bytes = new TextEncoder().encode(text);
  return concat(u16(bytes.length), bytes);
};
const readWord = (reader: Reader): string => {
  const length = reader.u16();
  demand(length >= 1 && length <= LONGEST_WORD, 'a word of that length');
  const bytes = reader.take(length);
  const text = Buffer.from(bytes).toString('utf8');
  demand(same(new TextEncoder().encode(text), bytes) && !FORBIDDEN_IN_WORDS.test(text), 'not a word');
  return text;
};

export const writeIntroduction = ({ nonce, keys, kemKey, name, system }: Introduction): Bytes =>
  concat(
    concat(nonce, keys.identity, keys.signing, keys.link, kemKey),
    concat(word(name), word(system), u8(1), u8(SUITE)),
  );

const demandSuites = (reader: Reader): void => {
  const suites = reader.take(reader.u8());
  demand(suites.length > 0 && suites[0] !== 0, 'no suites');
  demand(
    suites.every((suite, index) => index === 0 || suite > (suites[index - 1] ?? 0)),
    'suites out of order',
  );
  demand(suites.includes(SUITE), 'a peer without the suite of the token');
};

export const readIntroduction = (plaintext: Bytes): Introduction => {
  const reader = new Reader(plaintext);
  const introduction = {
    nonce: reader.take(32),
    keys: { identity: reader.take(33), signing: reader.take(32), link: reader.take(32) },
    kemKey: reader.take(KEM_KEY_LENGTH),
    name: readWord(reader),
    system: readWord(reader),
  };
  demandSuites(reader);
  reader.end();
  demandCurveKey(introduction.keys.identity);
  return introduction;
};

const PROOF = ascii('slk1/proof');
export const writeProof = (secrets: { signing: Bytes; identity: Bytes }, transcript: Bytes): Bytes =>
  concat(ed25519Sign(secrets.signing, PROOF, transcript), xeddsaSign(secrets.identity, PROOF, transcript));
export const demandProof = (proof: Bytes, keys: NewDeviceKeys, transcript: Bytes): void => {
  const reader = new Reader(proof);
  demand(ed25519Verify(keys.signing, reader.take(64), PROOF, transcript), 'no proof of the signing key');
  demand(xeddsaVerify(keys.identity, reader.take(64), PROOF, transcript), 'no proof of the identity key');
  reader.end();
};
