import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { StoredMessage } from '../chats/message.js';
import type { ProfileDatabase, SqlValue } from '../storage/database.js';
import * as column from '../storage/columns.js';
import type { MessageRepository } from '../storage/message-repository.js';
import { indexCondition } from './index-tokens.js';
import { firstPlace, placeBehind } from './message-index.js';
import { rangesOf, searchable, type TextRange } from './searchable-text.js';

export interface SearchQuery {
  /** As typed. Words are looked for each by itself, what stands in quotation marks as it stands. */
  readonly text: string;
  readonly chatId?: AccountId | undefined;
  readonly author?: 'self' | 'peer' | undefined;
  readonly from?: UnixMs | undefined;
  /** Not itself. */
  readonly until?: UnixMs | undefined;
  readonly kind?: 'link' | undefined;
}

export interface SearchHit {
  readonly message: StoredMessage;
  /** Where the words stand in its text. */
  readonly ranges: readonly TextRange[];
}

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  /** Goes on after this one; absent at the end. */
  readonly next?: number | undefined;
}

/** Rows of the index looked at together: few for a query that finds at once, many for one that hardly finds anything. */
const CANDIDATES = { first: 64, most: 2_000 };
const TERMS_MOST = 8;
const QUOTED = /["“”„«»]([^"“”„«»]+)["“”„«»]|(\S+)/gu;

/**
 * The words of a query, folded; `undefined` where nothing is long enough to look for.
 * @internal
 */
export const termsOf = (text: string): readonly string[] | undefined => {
  const terms = [...text.matchAll(QUOTED)]
    .map(([, phrase, word]) => searchable(phrase ?? word ?? ''))
    .filter((term) => term !== '');
  const distinct = [...new Set(terms)].slice(0, TERMS_MOST);
  return distinct.some((term) => Array.from(term).length >= 2) ? distinct : undefined;
};

/** Finds messages by any part of their text, newest first. */
export class MessageSearch {
  readonly #database: ProfileDatabase;
  readonly #messages: MessageRepository;

  constructor(database: ProfileDatabase, messages: MessageRepository) {
    this.#database = database;
    this.#messages = messages;
  }

  /** The next `limit` after a place in the index, or the newest. Nothing is found by less than two characters. */
  find(query: SearchQuery, limit: number, after?: number): SearchPage {
    const terms = termsOf(query.text);
    const condition = terms && indexCondition(terms, traitsOfQuery(query));
    if (terms === undefined || condition === undefined) return { hits: [] };
    const hits: SearchHit[] = [];
    let below = Math.min(after ?? Infinity, query.until === undefined ? Infinity : placeBehind(query.until));
    for (let size = CANDIDATES.first; ; size = Math.min(size * 2, CANDIDATES.most)) {
      const candidates = this.#candidates(condition, { below, from: query.from, size });
      for (const { place, row } of candidates) {
        below = place;
        const message = this.#messages.get(row);
        if (!isMatch(message, terms, query)) continue;
        if (message.body.kind === 'text') hits.push({ message, ranges: rangesOf(message.body.text, terms) });
        if (hits.length === limit) return { hits, next: place };
      }
      if (candidates.length < size) return { hits };
    }
  }

  #candidates(
    condition: string,
    { below, from, size }: { readonly below: number; readonly from: UnixMs | undefined; readonly size: number },
  ): readonly { readonly place: number; readonly row: number }[] {
    const bounds: [sql: string, value: SqlValue][] = [
      ...(Number.isFinite(below) ? [['AND message_search.rowid < ?', below] as [string, SqlValue]] : []),
      ...(from === undefined ? [] : [['AND message_search.rowid >= ?', firstPlace(from)] as [string, SqlValue]]),
    ];
    const rows = this.#database.all(
      `SELECT message_search.rowid AS place, message.id AS id
       FROM message_search CROSS JOIN message ON message.search_row = message_search.rowid
       WHERE message_search MATCH ? ${bounds.map(([sql]) => sql).join(' ')}
       ORDER BY message_search.rowid DESC LIMIT ?`,
      [condition, ...bounds.map(([, value]) => value), size],
    );
    return rows.map((row) => ({ place: column.integer(row, 'place'), row: column.integer(row, 'id') }));
  }
}

const traitsOfQuery = ({ chatId, author, kind }: SearchQuery) => ({
  ...(chatId === undefined ? {} : { chatId }),
  ...(author === undefined ? {} : { own: author === 'self' }),
  ...(kind === 'link' ? { hasLink: true } : {}),
});

/** The index finds whatever may match: it knows trigrams, not words. */
const isMatch = (message: StoredMessage, terms: readonly string[], { from, until }: SearchQuery): boolean => {
  if (message.body.kind !== 'text') return false;
  const { orderedAt } = message.place;
  if ((from !== undefined && orderedAt < from) || (until !== undefined && orderedAt >= until)) return false;
  const text = searchable(message.body.text);
  return terms.every((term) => text.includes(term));
};
