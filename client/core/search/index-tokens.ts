import type { AccountId } from '@sotto/protocol/ids';

/*
 * The index knows trigrams of code points over the whole text, spaces included, so that any part of it is found in any script.
 * The tokenizer ends a token at ASCII characters that are neither letters nor digits: those are moved to the private use area.
 */

const PRIVATE_USE = 0xe000;
/** Ends of a text. Two at its end: the last two characters begin a trigram as well, which a prefix finds. */
const PAD = String.fromCodePoint(PRIVATE_USE);
/** Begins a token that is no trigram: longer than three characters, and with a letter that no text is given. */
const MARK = String.fromCodePoint(PRIVATE_USE + 1);
const ASCII_MOST = 0x7f;
const TRIGRAM = 3;

const isWordCharacter = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);

/** Control characters, spaces and punctuation as characters of a token; and nothing of a text as one of our own. */
const asTokenCharacter = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code > ASCII_MOST) return code === PRIVATE_USE || code === PRIVATE_USE + 1 ? '\uE0FF' : character;
  return isWordCharacter(code) ? character : String.fromCodePoint(PRIVATE_USE + 0x100 + code);
};

const charactersOf = (searchable: string): string[] => Array.from(searchable, asTokenCharacter);

const trigramsOf = (characters: readonly string[]): string[] => {
  const trigrams: string[] = [];
  for (let at = 0; at + TRIGRAM <= characters.length; at += 1)
    trigrams.push(characters.slice(at, at + TRIGRAM).join(''));
  return trigrams;
};

/** What messages are found by beside their text. */
export interface MessageTraits {
  readonly chatId: AccountId;
  readonly own: boolean;
  readonly hasLink: boolean;
}

const hexOf = (chatId: AccountId): string => chatId.replaceAll('-', '');
const traitTokens = ({ chatId, own, hasLink }: Partial<MessageTraits>): string[] => [
  ...(chatId === undefined ? [] : [`${MARK}chat${hexOf(chatId)}`]),
  ...(own === undefined ? [] : [`${MARK}${own ? 'self' : 'peer'}`]),
  ...(hasLink === true ? [`${MARK}link`] : []),
];

/** What the index holds of a message. The same for the same message always: by it the entry is taken out again. */
export const indexEntry = (searchable: string, traits: MessageTraits): string =>
  [...new Set(trigramsOf([...charactersOf(searchable), PAD, PAD])), ...traitTokens(traits)].join(' ');

/** More trigrams narrow no further what is checked anyway. */
const TRIGRAMS_MOST = 8;

const quoted = (token: string): string => `"${token}"`;

/** Spread over the term: neighbours say nearly the same. */
const spread = (tokens: readonly string[]): string[] => {
  const distinct = [...new Set(tokens)];
  if (distinct.length <= TRIGRAMS_MOST) return distinct;
  const step = (distinct.length - 1) / (TRIGRAMS_MOST - 1);
  return Array.from({ length: TRIGRAMS_MOST }, (_, at) => distinct[Math.round(at * step)] ?? '');
};

const termCondition = (term: string): string[] => {
  const characters = charactersOf(term);
  // One character alone narrows hardly anything down; the check afterwards asks for it all the same.
  if (characters.length < 2) return [];
  return characters.length === 2 ? [`${quoted(characters.join(''))} *`] : spread(trigramsOf(characters)).map(quoted);
};

/** The condition that every message with these terms (folded) and traits meets; others may meet it too. */
export const indexCondition = (terms: readonly string[], traits: Partial<MessageTraits>): string | undefined => {
  const words = terms.flatMap(termCondition);
  return words.length === 0 ? undefined : [...words, ...traitTokens(traits).map(quoted)].join(' AND ');
};
