import type { SearchHitView } from '@sotto/client/bridge';

/** A piece of a text; `found` where it is what was looked for. */
export interface Piece {
  readonly text: string;
  readonly found: boolean;
}

/** Characters before the first find that are shown with it. */
const LEAD = 24;
/** About two lines. */
const LENGTH = 160;

const isLowSurrogate = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
};

/** Never inside of a character that takes two units. */
const whole = (text: string, at: number): number => (isLowSurrogate(text, at) ? at - 1 : at);

/** The part of a text around the first find, with every find in it marked. */
export const excerptOf = (text: string, ranges: SearchHitView['ranges']): readonly Piece[] => {
  const first = ranges[0]?.[0] ?? 0;
  const start = first <= LEAD ? 0 : whole(text, first - LEAD);
  const end = whole(text, Math.min(text.length, start + LENGTH));
  const pieces: Piece[] = [];
  const put = (from: number, to: number, found: boolean): void => {
    if (to > from) pieces.push({ text: text.slice(from, to), found });
  };
  let at = start;
  for (const [from, to] of ranges) {
    if (from >= end) break;
    put(at, from, false);
    put(Math.max(at, from), Math.min(to, end), true);
    at = Math.max(at, Math.min(to, end));
  }
  put(at, end, false);
  return [
    ...(start > 0 ? [{ text: '…', found: false }] : []),
    ...pieces,
    ...(end < text.length ? [{ text: '…', found: false }] : []),
  ];
};
