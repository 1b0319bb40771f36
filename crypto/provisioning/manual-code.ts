import { hkdfSha256, sha256 } from '../backend/noble.js';
import { labelBytes } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { crockfordCompact, decodeCrockford, encodeCrockford } from '../crockford.js';
import type { RandomSource } from '../environment.js';
import { LinkLookupId, LinkSecret, ManualCode } from '../keys.js';
import { LABELS, type Label } from '../labels.js';
import { wipe } from '../secret.js';

const LENGTH = 24;
const GROUPS = /(?<=^(?:.{4})+)(?=.)/g;
const CHECK_BITS = 0x1f;

/** The 15 bytes with the right check bits in place of the last five. */
const withCheck = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const checked = new Uint8Array(bytes);
  const view = new DataView(checked.buffer);
  const last = checked.length - 1;
  const open = view.getUint8(last) & ~CHECK_BITS;
  view.setUint8(last, open);
  const check = new DataView(sha256(labelBytes(LABELS.manualCodeCheck), checked).buffer).getUint8(0) >> 3;
  view.setUint8(last, open | check);
  return checked;
};

/** A new code: 115 random bits and 5 check bits (SPEC §10.6). */
export const generateManualCode = (random: RandomSource): ManualCode => {
  const drawn = random.bytes(15);
  const checked = withCheck(drawn);
  const code = ManualCode.of(checked);
  wipe(drawn);
  wipe(checked);
  return code;
};

/** The code as people read it: six groups of four characters with hyphens between. It is the secret itself. */
export const formatManualCode = (code: ManualCode): string => encodeCrockford(code.unwrap()).replaceAll(GROUPS, '-');

export type ManualCodeVerdict =
  | { readonly outcome: 'valid'; readonly code: ManualCode }
  | {
      readonly outcome: 'refused';
      /**
       * `incomplete`: fewer than 24 characters yet. `notAManualCode`: more, or characters that no code has. `mistyped`: the
       * check bits do not fit, so at least one character is wrong.
       */
      readonly reason: 'incomplete' | 'notAManualCode' | 'mistyped';
    };

const MOST_TYPED = 200;

/** Reads what a person typed, in capitals or not, with or without blanks and hyphens. */
export const parseManualCode = (text: string): ManualCodeVerdict => {
  const typed = text.length > MOST_TYPED ? undefined : crockfordCompact(text);
  if (typed === undefined || typed.length > LENGTH || !/^[0-9A-HJKMNP-TV-Z]*$/.test(typed))
    return { outcome: 'refused', reason: 'notAManualCode' };
  const bytes = typed.length === LENGTH ? decodeCrockford(typed) : undefined;
  if (bytes === undefined) return { outcome: 'refused', reason: 'incomplete' };
  const verdict: ManualCodeVerdict = constantTimeEqual(bytes, withCheck(bytes))
    ? { outcome: 'valid', code: ManualCode.of(bytes) }
    : { outcome: 'refused', reason: 'mistyped' };
  wipe(bytes);
  return verdict;
};

const derive = (code: ManualCode, label: Label, length: number) =>
  hkdfSha256(code.unwrap(), { info: labelBytes(label), length });

/** Under which the server hands out the token, once. It gives away nothing of the code. */
export const manualCodeLookupId = (code: ManualCode): LinkLookupId =>
  LinkLookupId.of(derive(code, LABELS.manualCodeLookup, 16));

/** The link secret that stands in for the one of a QR code. */
export const manualCodeSecret = (code: ManualCode): LinkSecret => {
  const bytes = derive(code, LABELS.manualCodeSecret, 32);
  const secret = LinkSecret.of(bytes);
  wipe(bytes);
  return secret;
};
