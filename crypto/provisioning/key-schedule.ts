import { chacha20Poly1305Decrypt, chacha20Poly1305Encrypt, x25519Agree } from '../backend/libsodium.js';
import { hkdfSha256, hmacSha256, sha256 } from '../backend/noble.js';
import { concatenate, labelBytes, u64Bytes } from '../bytes.js';
import { certain } from '../certain.js';
import {
  LinkChannelKey,
  LinkTranscript,
  parseLinkDigits,
  type Bytes,
  type LinkDigits,
  type LinkEphemeralPrivateKey,
  type LinkEphemeralPublicKey,
  type LinkKemCiphertext,
} from '../keys.js';
import { LABELS } from '../labels.js';
import { wipe } from '../secret.js';
import type { LinkCode } from './link-code.js';
import type { LinkToken } from './link-token.js';

/** Everything that both ends derive once the first message has been exchanged (SPEC §10.3). */
export interface FirstKeys {
  /** Of the box inside the first message. */
  readonly boxKey: LinkChannelKey;
  /** `TH0`, and what is authenticated with the box: `TH0 ‖ e`. */
  readonly associatedData: Bytes;
  /** X25519 agreement ‖ link secret. Wipe it. */
  readonly keyMaterial: Bytes;
}

/** Everything that both ends derive once the KEM has been used. */
export interface ChannelKeys {
  readonly fromAuthorised: LinkChannelKey;
  readonly fromNew: LinkChannelKey;
  readonly digitsKey: LinkChannelKey;
}

const next = (transcript: LinkTranscript, said: Uint8Array): LinkTranscript =>
  LinkTranscript.of(sha256(transcript, said));

const startTranscript = (token: LinkToken): LinkTranscript =>
  LinkTranscript.of(sha256(labelBytes(LABELS.linkTranscript), token.bytes));

/** The keys of the first message, between an ephemeral key of one's own and one of the other end. */
export const deriveFirstKeys = (
  { token, secret }: LinkCode,
  own: LinkEphemeralPrivateKey,
  peers: { readonly key: LinkEphemeralPublicKey; readonly claimed: LinkEphemeralPublicKey },
): FirstKeys => {
  const start = startTranscript(token);
  const agreement = certain(x25519Agree(own.unwrap(), peers.key), 'points of small order were refused when read');
  const keyMaterial = concatenate(agreement, secret.unwrap());
  const boxKey = hkdfSha256(keyMaterial, { salt: start, info: labelBytes(LABELS.linkFirstKey), length: 32 });
  const keys = {
    boxKey: LinkChannelKey.of(boxKey),
    associatedData: concatenate(start, peers.claimed),
    keyMaterial,
  };
  wipe(agreement);
  wipe(boxKey);
  return keys;
};

/** `TH1` continues with the ephemeral key and the box of the first message; `TH2` with the KEM's ciphertext. */
export const transcriptOfKem = (first: FirstKeys, box: Uint8Array, kemCiphertext: LinkKemCiphertext): LinkTranscript =>
  next(LinkTranscript.of(sha256(first.associatedData, box)), kemCiphertext);

/** `TH3`, from `TH2` and the box of the second message, and `TH4`, from `TH3` and the box of the third. */
export const transcriptOfBox = (before: LinkTranscript, box: Uint8Array): LinkTranscript => next(before, box);

/** The keys of both directions and of the digits, from both agreements and the link secret. Wipes the key material. */
export const deriveChannelKeys = (first: FirstKeys, sharedSecret: Bytes, transcript: LinkTranscript): ChannelKeys => {
  const keyMaterial = concatenate(first.keyMaterial, sharedSecret);
  const bytes = hkdfSha256(keyMaterial, { salt: transcript, info: labelBytes(LABELS.linkKeys), length: 96 });
  const keys = {
    fromAuthorised: LinkChannelKey.of(bytes.subarray(0, 32)),
    fromNew: LinkChannelKey.of(bytes.subarray(32, 64)),
    digitsKey: LinkChannelKey.of(bytes.subarray(64)),
  };
  for (const secret of [keyMaterial, bytes, sharedSecret, first.keyMaterial]) wipe(secret);
  return keys;
};

const DIGITS = 6;
const CODES = 10n ** BigInt(DIGITS);

/** `HMAC(k_sas, TH3)` as a big-endian number, modulo a million, with leading zeros. Purges the key. */
export const deriveDigits = (digitsKey: LinkChannelKey, transcript: LinkTranscript): LinkDigits => {
  const number = hmacSha256(digitsKey.unwrap(), transcript).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  digitsKey.purge();
  const digits = parseLinkDigits(String(number % CODES).padStart(DIGITS, '0'));
  return certain(digits, 'a number below a million has six digits');
};

const nonceOf = (counter: number): Bytes => concatenate(new Uint8Array(4), u64Bytes(counter));

/** Seals what one end says. A key and counter are used once in the life of a link. */
export const sealBox = (
  key: LinkChannelKey,
  counter: number,
  { plaintext, associatedData }: { readonly plaintext: Bytes; readonly associatedData: Bytes },
): Bytes => chacha20Poly1305Encrypt(key.unwrap(), nonceOf(counter), plaintext, associatedData);

/** Opens what the other end sealed; `undefined` unless everything belongs together. */
export const openBox = (
  key: LinkChannelKey,
  counter: number,
  { box, associatedData }: { readonly box: Uint8Array; readonly associatedData: Bytes },
): Bytes | undefined => chacha20Poly1305Decrypt(key.unwrap(), nonceOf(counter), new Uint8Array(box), associatedData);
