import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, concatenate, labelBytes, readCanonical, type CanonicalReader } from '../bytes.js';
import { certain } from '../certain.js';
import {
  DeviceSigningPublicKey,
  Ed25519Signature,
  LinkEphemeralPublicKey,
  LinkKeysHash,
  LinkSessionId,
  LinkTokenBytes,
  parseLinkHost,
  TlsKeyPin,
  type Bytes,
  type DeviceSigningKey,
  type LinkHost,
} from '../keys.js';
import { LABELS } from '../labels.js';

const VERSION = 1;
/** X25519, ML-KEM-768, HKDF-SHA-256 and ChaCha20-Poly1305: the one suite there is. */
export const LINK_SUITE = 1;
const SIGNATURE_LENGTH = 64;
const [FLAG_PIN, FLAG_TEXT_EXPORT, FLAG_HISTORY] = [1, 2, 4];
const EVERY_FLAG = FLAG_PIN | FLAG_TEXT_EXPORT | FLAG_HISTORY;
/** How far a token's expiry may lie ahead of the server's clock, by how its code reaches the new device. */
const MOST_AHEAD_MS = { scanned: 120_000, typed: 330_000 } as const;

/** What both kinds of token say. */
interface TokenContent {
  /** By the server's clock, in whole seconds. */
  readonly expiresAt: UnixMs;
  readonly ephemeralKey: LinkEphemeralPublicKey;
  readonly host: LinkHost;
  readonly tlsPin: TlsKeyPin | undefined;
  /** The code was made to be copied as text, which is easier to steal than a picture. */
  readonly textExport: boolean;
  readonly historyOffered: boolean;
}

/** An authorised device displays the code; its DSK signs. */
interface OfferContent extends TokenContent {
  readonly intent: 'authorisedDisplays';
}

/** The new device displays the code; its own DSK, which the token names, signs. */
interface RequestContent extends TokenContent {
  readonly intent: 'newDisplays';
  readonly signingKey: DeviceSigningPublicKey;
  readonly keysHash: LinkKeysHash;
}

interface EncodedToken {
  readonly bytes: LinkTokenBytes;
  readonly sessionId: LinkSessionId;
}

/** The public half of a link code (SPEC §10.1), read but not verified. */
export type OfferToken = OfferContent & EncodedToken;
export type RequestToken = RequestContent & EncodedToken;
export type LinkToken = OfferToken | RequestToken;

export type TokenRefusal =
  | 'malformed'
  /** Made by a later version of the program: this one has to be updated. */
  | 'newerVersion'
  | 'unsupportedSuite';

export type TokenParse<Token = LinkToken> =
  | { readonly outcome: 'parsed'; readonly token: Token }
  | { readonly outcome: 'refused'; readonly reason: TokenRefusal };

export type TokenVerdict = 'valid' | 'expired' | 'expiryTooFarAhead' | 'badSignature';

const seconds = (time: UnixMs): number => Math.floor(time / 1_000);

const flagsOf = (content: TokenContent): number =>
  (content.tlsPin === undefined ? 0 : FLAG_PIN) |
  (content.textExport ? FLAG_TEXT_EXPORT : 0) |
  (content.historyOffered ? FLAG_HISTORY : 0);

/** The label and the body: what is signed. */
const signedBytes = (content: OfferContent | RequestContent): Bytes => {
  const writer = new CanonicalWriter(LABELS.linkToken)
    .u8(VERSION)
    .u8(content.intent === 'authorisedDisplays' ? 1 : 2)
    .u8(LINK_SUITE)
    .u8(flagsOf(content))
    .u32(seconds(content.expiresAt))
    .fixed(content.ephemeralKey);
  if (content.intent === 'newDisplays') writer.fixed(content.signingKey).fixed(content.keysHash);
  const host = new TextEncoder().encode(content.host);
  writer.u8(host.length).fixed(host);
  if (content.tlsPin !== undefined) writer.fixed(content.tlsPin);
  return writer.finish();
};

const readHost = (reader: CanonicalReader): LinkHost => {
  const bytes = reader.fixed(reader.u8());
  return reader.required(parseLinkHost(String.fromCharCode(...bytes)));
};

const readFlags = (reader: CanonicalReader): number => {
  const flags = reader.u8();
  return (flags & ~EVERY_FLAG) === 0 ? flags : reader.refuse();
};

const readIntent = (reader: CanonicalReader): 1 | 2 => {
  const intent = reader.u8();
  return intent === 1 || intent === 2 ? intent : reader.refuse();
};

const readContent = (reader: CanonicalReader): OfferContent | RequestContent => {
  reader.u8();
  const intent = readIntent(reader);
  reader.u8();
  const flags = readFlags(reader);
  const expiresAt = reader.required(parseUnixMs(reader.u32() * 1_000));
  const ephemeralKey = reader.required(LinkEphemeralPublicKey.parse(reader.fixed(32)));
  const request =
    intent === 1
      ? undefined
      : {
          signingKey: DeviceSigningPublicKey.of(reader.fixed(32)),
          keysHash: LinkKeysHash.of(reader.fixed(32)),
        };
  const host = readHost(reader);
  const tlsPin = (flags & FLAG_PIN) === 0 ? undefined : TlsKeyPin.of(reader.fixed(16));
  const content = {
    expiresAt,
    ephemeralKey,
    host,
    tlsPin,
    textExport: (flags & FLAG_TEXT_EXPORT) !== 0,
    historyOffered: (flags & FLAG_HISTORY) !== 0,
  };
  return request === undefined
    ? { intent: 'authorisedDisplays', ...content }
    : { intent: 'newDisplays', ...request, ...content };
};

/** The name of a link: 16 bytes of `H("slk1/sid" ‖ token)`. */
export const linkSessionIdOf = (token: LinkTokenBytes): LinkSessionId =>
  LinkSessionId.of(sha256(labelBytes(LABELS.linkSession), token).subarray(0, 16));

const refused = (reason: TokenRefusal) => ({ outcome: 'refused', reason }) as const;

/** Reads a token. Says nothing about who made it: see {@link verifyLinkToken}. */
export const parseLinkToken = (bytes: Uint8Array): TokenParse => {
  const [version, , suite] = bytes;
  if (version === undefined || version === 0 || suite === undefined) return refused('malformed');
  if (version !== VERSION) return refused('newerVersion');
  if (suite !== LINK_SUITE) return refused('unsupportedSuite');
  const body = bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_LENGTH));
  const label = labelBytes(LABELS.linkToken);
  const content = readCanonical(concatenate(label, body), LABELS.linkToken, readContent);
  if (content === undefined) return refused('malformed');
  const token = LinkTokenBytes.of(bytes);
  return { outcome: 'parsed', token: { ...content, bytes: token, sessionId: linkSessionIdOf(token) } };
};

/**
 * Is the token signed by `signingKey`, and good at `now` by the server's clock (SPEC §10.2)? For an offer the key is that of an
 * authorised device, for a request the one that the token names. The signature is looked at last: it costs the most.
 */
export const verifyLinkToken = (
  token: LinkToken,
  {
    signingKey,
    now,
    code = 'scanned',
  }: { readonly signingKey: DeviceSigningPublicKey; readonly now: UnixMs; readonly code?: 'scanned' | 'typed' },
): TokenVerdict => {
  if (token.expiresAt <= now) return 'expired';
  if (token.expiresAt - now > MOST_AHEAD_MS[code]) return 'expiryTooFarAhead';
  return isTokenSignedBy(token, signingKey) ? 'valid' : 'badSignature';
};

/** Does the signature of `token` verify under `signingKey`, whatever the time? */
export const isTokenSignedBy = (token: LinkToken, signingKey: DeviceSigningPublicKey): boolean => {
  const end = token.bytes.length - SIGNATURE_LENGTH;
  const signed = concatenate(labelBytes(LABELS.linkToken), token.bytes.subarray(0, end));
  return ed25519Verify(signingKey, signed, Ed25519Signature.of(token.bytes.subarray(end)));
};

const signContent = (content: OfferContent | RequestContent, signingKey: DeviceSigningKey): LinkTokenBytes => {
  const signed = signedBytes(content);
  const body = signed.subarray(labelBytes(LABELS.linkToken).length);
  return LinkTokenBytes.of(concatenate(body, ed25519Sign(signingKey.unwrap(), signed)));
};

/** Makes the token of an authorised device. A part of a second in `expiresAt` is dropped. */
export const signOfferToken = (content: Omit<OfferContent, 'intent'>, signingKey: DeviceSigningKey): OfferToken =>
  certain(
    offerTokenOf(signContent({ intent: 'authorisedDisplays', ...content }, signingKey)),
    'a token that was made is one',
  );

/** Makes the token of a new device, whose signing key it names. */
export const signRequestToken = (content: Omit<RequestContent, 'intent'>, signingKey: DeviceSigningKey): RequestToken =>
  certain(
    requestTokenOf(signContent({ intent: 'newDisplays', ...content }, signingKey)),
    'a token that was made is one',
  );

/** The token of an authorised device; `undefined` for any other bytes. */
export const offerTokenOf = (bytes: Uint8Array): OfferToken | undefined => {
  const parse = parseLinkToken(bytes);
  return parse.outcome === 'parsed' && parse.token.intent === 'authorisedDisplays' ? parse.token : undefined;
};

/** The token of a new device; `undefined` for any other bytes. */
export const requestTokenOf = (bytes: Uint8Array): RequestToken | undefined => {
  const parse = parseLinkToken(bytes);
  return parse.outcome === 'parsed' && parse.token.intent === 'newDisplays' ? parse.token : undefined;
};
