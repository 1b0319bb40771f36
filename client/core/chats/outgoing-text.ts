import { holdsLinkSecret } from '@sotto/crypto';
import { CONTENT_LIMITS } from '@sotto/protocol/content';

/**
 * A printed recovery key: 256 bits in Crockford's Base32, so 52 characters or a few more with check characters, upper case
 * as one run, or in equal groups as on paper. Hexadecimal digests alone do not look like that.
 */
const KEY_AS_RUN = /(?<![0-9A-Za-z])(?![0-9A-F]+(?![0-9A-Za-z]))[0-9A-HJKMNP-TV-Z]{52,60}(?![0-9A-Za-z])/;
const KEY_AS_GROUPS =
  /(?<![0-9A-Za-z])(?:[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4,8}[ \-\n]{1,2}){6,14}[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4,8}(?![0-9A-Za-z])/g;
const KEY_LENGTH = 52;

const isGroupedKey = (run: string): boolean => {
  const groups = run.split(/[ \-\n]+/);
  const length = groups[0]?.length ?? 0;
  const most = (sign: RegExp) => groups.filter((group) => sign.test(group)).length * 2 >= groups.length;
  // Words of a sentence are not all of one length and hold no digits; numbers in groups, a safety number say, no letters.
  return (
    groups.slice(0, -1).every((group) => group.length === length) &&
    groups.join('').length >= KEY_LENGTH &&
    most(/[0-9]/) &&
    most(/[A-Za-z]/)
  );
};

export type TextRefusal = 'textEmpty' | 'textTooLong' | 'textHoldsSecret';

/** Whether a text may be sent as it is; `undefined` where it may. */
export const refuseText = (text: string): TextRefusal | undefined => {
  if (text.trim() === '') return 'textEmpty';
  if (text.length > CONTENT_LIMITS.textLength) return 'textTooLong';
  const groups = text.match(KEY_AS_GROUPS) ?? [];
  return holdsLinkSecret(text) || KEY_AS_RUN.test(text) || groups.some(isGroupedKey) ? 'textHoldsSecret' : undefined;
};
