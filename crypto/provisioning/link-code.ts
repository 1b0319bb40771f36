import { sha256 } from '../backend/noble.js';
import { concatenate } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { crockfordCompact, decodeCrockford, encodeCrockford } from '../crockford.js';
import { LinkSecret, linkCodeText, type LinkCodeText, type LinkHost, type ManualCode } from '../keys.js';
import { wipe } from '../secret.js';
import { parseLinkToken, type LinkToken, type OfferToken, type RequestToken, type TokenRefusal } from './link-token.js';
import { manualCodeSecret, parseManualCode } from './manual-code.js';

/** The two halves of a link code: the server may see the token, never the secret. */
export interface LinkCode<Token extends LinkToken = LinkToken> {
  readonly token: Token;
  readonly secret: LinkSecret;
}

export type LinkCodeVerdict =
  /** An authorised device displays it: claim it. */
  | { readonly outcome: 'offer'; readonly code: LinkCode<OfferToken> }
  /** A new device displays it: scan it with an authorised one. */
  | { readonly outcome: 'request'; readonly code: LinkCode<RequestToken> }
  | {
      readonly outcome: 'refused';
      /**
       * `notALinkCode`: a text or picture of something else. `damaged`: a link code, not read whole. `newerVersion` and
       * `unsupportedSuite`: this program has to be updated.
       */
      readonly reason: 'notALinkCode' | 'damaged' | Exclude<TokenRefusal, 'malformed'>;
    };

const PREFIX = 'SLK1:';
/** Codes of versions to come begin alike. */
const LATER_PREFIX = /^SLK[2-9]:/;
const SECRET_LENGTH = 32;
const CHECK_LENGTH = 4;
/** Twice what the longest code needs, for the blanks and line ends of texts that were copied. */
const MOST_CHARACTERS = 1_600;

/** Tells a code that was read wrong; whoever changes it on purpose fails at the handshake. */
const checkOf = (token: Uint8Array, secret: Uint8Array): Uint8Array => sha256(token, secret).subarray(0, CHECK_LENGTH);

/** The text of the QR code (SPEC §10.1): capitals and digits, so that a QR code holds it in its alphanumeric mode. */
export const encodeLinkCode = ({ token, secret }: LinkCode): LinkCodeText => {
  const bytes = concatenate(token.bytes, secret.unwrap(), checkOf(token.bytes, secret.unwrap()));
  const text = linkCodeText(`${PREFIX}${encodeCrockford(bytes)}`);
  wipe(bytes);
  return text;
};

const refused = (reason: Extract<LinkCodeVerdict, { outcome: 'refused' }>['reason']): LinkCodeVerdict => ({
  outcome: 'refused',
  reason,
});

const parseBytes = (bytes: Uint8Array): LinkCodeVerdict => {
  const tokenEnd = bytes.length - SECRET_LENGTH - CHECK_LENGTH;
  if (tokenEnd <= 0) return refused('damaged');
  const token = bytes.subarray(0, tokenEnd);
  const secret = bytes.subarray(tokenEnd, tokenEnd + SECRET_LENGTH);
  if (!constantTimeEqual(bytes.subarray(-CHECK_LENGTH), checkOf(token, secret))) return refused('damaged');
  const parse = parseLinkToken(token);
  if (parse.outcome === 'refused') return refused(parse.reason === 'malformed' ? 'damaged' : parse.reason);
  const linkSecret = LinkSecret.of(secret);
  return parse.token.intent === 'authorisedDisplays'
    ? { outcome: 'offer', code: { token: parse.token, secret: linkSecret } }
    : { outcome: 'request', code: { token: parse.token, secret: linkSecret } };
};

/** Reads a link code out of a picture, a file or a text that was pasted, in capitals or not, blanks and hyphens aside. */
export const parseLinkCode = (text: string): LinkCodeVerdict => {
  if (text.length > MOST_CHARACTERS) return refused('notALinkCode');
  const compact = text.replaceAll(/\s/g, '').toUpperCase();
  if (LATER_PREFIX.test(compact)) return refused('newerVersion');
  if (!compact.startsWith(PREFIX)) return refused('notALinkCode');
  const bytes = decodeCrockford(crockfordCompact(compact.slice(PREFIX.length)));
  if (bytes === undefined) return refused('damaged');
  const verdict = parseBytes(bytes);
  wipe(bytes);
  return verdict;
};

export type ManualOfferVerdict =
  | { readonly outcome: 'offer'; readonly code: LinkCode<OfferToken> }
  | {
      readonly outcome: 'refused';
      /** `otherHost`: the token is for another server than the one that was typed and that handed it out. */
      readonly reason: 'otherHost' | TokenRefusal;
    };

/** Joins a manual code with the token that the server at `host` handed out for it. What the server makes up fails at the handshake. */
export const offerOfManualCode = (
  manualCode: ManualCode,
  { token: bytes, host }: { readonly token: Uint8Array; readonly host: LinkHost },
): ManualOfferVerdict => {
  const parse = parseLinkToken(bytes);
  if (parse.outcome === 'refused') return parse;
  const { token } = parse;
  if (token.intent !== 'authorisedDisplays') return { outcome: 'refused', reason: 'malformed' };
  if (token.host !== host) return { outcome: 'refused', reason: 'otherHost' };
  return { outcome: 'offer', code: { token, secret: manualCodeSecret(manualCode) } };
};

const LINK_CODE_ANYWHERE = /SLK[1-9]:/i;
const MANUAL_CODE_ANYWHERE = /(?<![0-9A-Za-z-])[0-9A-Za-z]{4}(?:-[0-9A-Za-z]{4}){5}(?![0-9A-Za-z-])/g;

/**
 * Does a text hold a link code, whole or in part, or a manual code as it is shown? Nobody has a reason to send one: linking is
 * between two devices that one person holds.
 */
export const holdsLinkSecret = (text: string): boolean =>
  LINK_CODE_ANYWHERE.test(text.replaceAll(/\s/g, '')) ||
  (text.match(MANUAL_CODE_ANYWHERE) ?? []).some((found) => parseManualCode(found).outcome === 'valid');
