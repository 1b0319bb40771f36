import type { UnixMs } from '@sotto/protocol/ids';
import type { StoredMessage } from '../chats/message.js';
import type { ProfileDatabase } from '../storage/database.js';
import * as column from '../storage/columns.js';
import { indexEntry, type MessageTraits } from './index-tokens.js';
import { searchable } from './searchable-text.js';

/** Messages of one second that keep their second; the others of it stand a second late, which nobody sees. */
const PLACES_PER_SECOND = 16;

/** The first place of a moment in the index. */
export const firstPlace = (at: UnixMs): number => Math.floor(at / 1_000) * PLACES_PER_SECOND;

/** So far behind its own second a message may stand: where some thousand have one time. */
const LATE_SECONDS = 64;

/** A place behind everything that was before a moment. */
export const placeBehind = (at: UnixMs): number => firstPlace(at) + (LATE_SECONDS + 1) * PLACES_PER_SECOND;

const LINK = /\bhttps?:\/\/\S/iu;

const traitsOf = ({ chatId, own }: Pick<StoredMessage, 'chatId' | 'own'>, text: string): MessageTraits => ({
  chatId,
  own,
  hasLink: LINK.test(text),
});

type Indexed = Pick<StoredMessage, 'row' | 'chatId' | 'own' | 'body' | 'place'>;

/** Keeps the search index in step with the messages; every call is part of the transaction that changes the message. */
export class MessageIndex {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  add({ row, body, place, ...message }: Indexed): void {
    if (body.kind !== 'text') return;
    const searchRow = this.#freePlace(place.orderedAt);
    const entry = indexEntry(searchable(body.text), traitsOf(message, body.text));
    this.#database.run('INSERT INTO message_search (rowid, entry) VALUES (?, ?)', [searchRow, entry]);
    this.#database.run('UPDATE message SET search_row = ? WHERE id = ?', [searchRow, row]);
  }

  /** Before the message itself goes: the entry is found by what it was made of. */
  remove({ row, body, ...message }: Indexed): void {
    if (body.kind !== 'text') return;
    const found = this.#database.get('SELECT search_row FROM message WHERE id = ?', [row]);
    const searchRow = found && column.optional(found, 'search_row', column.integer);
    if (searchRow === undefined) return;
    const entry = indexEntry(searchable(body.text), traitsOf(message, body.text));
    this.#database.run("INSERT INTO message_search (message_search, rowid, entry) VALUES ('delete', ?, ?)", [
      searchRow,
      entry,
    ]);
  }

  #freePlace(at: UnixMs): number {
    for (let first = firstPlace(at); ; first += PLACES_PER_SECOND) {
      const end = first + PLACES_PER_SECOND;
      const row = this.#database.get(
        'SELECT coalesce(max(search_row) + 1, ?) AS place FROM message WHERE search_row >= ? AND search_row < ?',
        [first, first, end],
      );
      const place = row === undefined ? first : column.integer(row, 'place');
      if (place < end) return place;
    }
  }
}
