/** Arabic vowel signs, tatweel, variation selectors, and characters that are there to be invisible. */
const DROPPED = /[\u064B-\u065F\u0670\u0640\uFE00-\uFE0F\u00AD\u200B-\u200F\u2060\uFEFF]/gu;
/** Combining marks, but for the one that makes й of и: two letters of one alphabet are not one. */
const MARKS = /(\u0438\u0306)|[\u0300-\u036F]/gu;
const WHITE_SPACE = /\s+/gu;

/**
 * The form in which texts are compared: compatibility forms, case and accents are folded, white space is one space. Marks of
 * scripts that are not read without them (Thai, Devanagari, kana) stay.
 */
export const searchable = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(MARKS, (_, kept: string | undefined) => kept ?? '')
    .replace(DROPPED, '')
    .normalize('NFC')
    .replaceAll('ς', 'σ')
    .replace(WHITE_SPACE, ' ')
    .trim();

/** A part of a text, in UTF-16 units: [start, end). */
export type TextRange = readonly [start: number, end: number];

interface Folded {
  readonly text: string;
  /** Where in the original each UTF-16 unit of `text` begins and ends. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Folds what a person sees as one character at a time, so that each keeps its place. */
const foldInPlace = (text: string): Folded => {
  let folded = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { segment, index } of graphemes.segment(text)) {
    const piece = segment.trim() === '' ? ' ' : searchable(segment);
    if (piece === ' ' && (folded === '' || folded.endsWith(' '))) continue;
    folded += piece;
    const units = Array.from({ length: piece.length });
    starts.push(...units.map(() => index));
    ends.push(...units.map(() => index + segment.length));
  }
  return { text: folded, starts, ends };
};

/** Where the terms (folded already) stand in a text, in order and without overlap. */
export const rangesOf = (text: string, terms: readonly string[]): TextRange[] => {
  const folded = foldInPlace(text);
  const found: [number, number][] = [];
  for (const term of terms) {
    for (let at = folded.text.indexOf(term); at >= 0; at = folded.text.indexOf(term, at + term.length)) {
      const start = folded.starts[at];
      const end = folded.ends[at + term.length - 1];
      if (start !== undefined && end !== undefined) found.push([start, end]);
    }
  }
  found.sort(([left], [right]) => left - right);
  const ranges: [number, number][] = [];
  for (const [start, end] of found) {
    const last = ranges.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
};
