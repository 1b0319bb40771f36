/** A database as somebody has it who has written for many years, for measurements: the real tables, without an account. */
import { randomUUID } from 'node:crypto';
import { parseAccountId, parseMessageId, parseUnixMs, parseUsername, type AccountId } from '@sotto/protocol/ids';
import type { Place } from '../chats/message.js';
import { MessageSearch, type SearchQuery } from '../search/message-search.js';
import { searchable } from '../search/searchable-text.js';
import { ChatRepository } from '../storage/chat-repository.js';
import { ProfileDatabase } from '../storage/database.js';
import { MessageRepository } from '../storage/message-repository.js';

const known = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('What the large profile is made of is malformed.');
  return value;
};

export interface LargeProfileSize {
  readonly messages: number;
  readonly chats: number;
  /** Of all messages, in the first chat. */
  readonly shareOfFirst: number;
}

const BATCH = 1_000;
const YEARS_MS = 8 * 366 * 86_400_000;

/** Writes the messages, the oldest first, spread over eight years up to `now`; `textOf` makes the text of each. */
export const fillLargeProfile = (
  file: string,
  key: Uint8Array,
  { size, textOf, now }: { size: LargeProfileSize; textOf: (index: number) => string; now: number },
): void => {
  const database = ProfileDatabase.open(file, key);
  const chats = new ChatRepository(database);
  const messages = new MessageRepository(database);
  const ids = Array.from({ length: size.chats }, () => known(parseAccountId(randomUUID())));
  const self = known(parseAccountId(randomUUID()));
  database.atomically(() => {
    ids.forEach((chatId, index) => {
      const username = known(parseUsername(`person_${String(index)}`));
      chats.add({ chatId, username, standing: 'accepted', createdAt: known(parseUnixMs(now - YEARS_MS)) });
    });
  });
  for (let from = 0; from < size.messages; from += BATCH) {
    database.atomically(() => {
      for (let index = from; index < Math.min(from + BATCH, size.messages); index += 1) {
        const isOfFirst = (index * size.shareOfFirst) % 1 < size.shareOfFirst;
        const chatId = known(isOfFirst ? ids[0] : ids[1 + (index % (ids.length - 1))]);
        const at = known(parseUnixMs(Math.floor(now - YEARS_MS + (index / size.messages) * YEARS_MS)));
        const own = index % 3 === 0;
        messages.insert({
          ...{ chatId, own, sender: own ? self : chatId, sentAt: at },
          body: { kind: 'text', text: textOf(index) },
          state: own ? 'read' : 'seen',
          place: { orderedAt: at, sequence: index, messageId: known(parseMessageId(randomUUID())) },
        });
      }
    });
  }
  database.atomically(() => {
    for (const chatId of ids) chats.summarise(chatId);
  });
  database.close();
};

/** What the core does for a window, without an account and a bridge. */
export class LargeProfile {
  readonly #database: ProfileDatabase;
  readonly #chats: ChatRepository;
  readonly #messages: MessageRepository;
  readonly #search: MessageSearch;

  constructor(file: string, key: Uint8Array) {
    this.#database = ProfileDatabase.open(file, key);
    this.#chats = new ChatRepository(this.#database);
    this.#messages = new MessageRepository(this.#database);
    this.#search = new MessageSearch(this.#database, this.#messages);
  }

  /** The chat list with the last message of each, as at the start. */
  list(): readonly AccountId[] {
    return this.#chats.list().map(({ chatId, lastMessage }) => {
      if (lastMessage !== undefined) this.#messages.get(lastMessage);
      return chatId;
    });
  }

  /** A page of a chat; answers where the next one ends. */
  page(chatId: AccountId, before?: Place): Place | undefined {
    return this.#messages.page(chatId, before, 51).at(-1)?.place;
  }

  /** The texts that are found first. */
  find(query: SearchQuery, limit: number): readonly string[] {
    return this.#search.find(query, limit).hits.map(({ message }) => known(textOf(message)));
  }

  /** How many messages have each of these parts, by looking at all of them. */
  scan(parts: readonly string[]): readonly number[] {
    const folded = parts.map(searchable);
    const counts = parts.map(() => 0);
    for (let last = 0; ;) {
      const rows = this.#database.all('SELECT id, text FROM message WHERE id > ? ORDER BY id LIMIT 5000', [last]);
      for (const { id, text } of rows) {
        last = Number(id);
        const whole = searchable(String(text));
        folded.forEach((part, index) => {
          if (whole.includes(part)) counts[index] = (counts[index] ?? 0) + 1;
        });
      }
      if (rows.length < 5_000) return counts;
    }
  }

  /** Bytes of the index, and of all of the file. */
  bytes(): { readonly index: number; readonly all: number } {
    const index = this.#database.get('SELECT sum(length(block)) AS bytes FROM message_search_data');
    const pages = this.#database.get('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size');
    return { index: Number(index?.['bytes']), all: Number(pages?.['bytes']) };
  }

  close(): void {
    this.#database.close();
  }
}

const textOf = ({ body }: { readonly body: { readonly kind: string; readonly text?: string } }): string | undefined =>
  body.text;
