import { idBytes, type AccountId, type MessageId } from '@sotto/protocol/ids';
import type { MessageBody, MessageState, NewMessage, Place, SendFailure, StoredMessage } from '../chats/message.js';
import { MessageIndex } from '../search/message-index.js';
import * as column from './columns.js';
import { rowList, type ProfileDatabase, type Row, type SqlValue } from './database.js';
import { StorageError } from './storage-error.js';

const PLACE = '(ordered_at, sequence, message_id)';
const NEWEST_FIRST = 'ordered_at DESC, sequence DESC, message_id DESC';
const OLDEST_FIRST = 'ordered_at, sequence, message_id';

const placeValues = (place: Place): SqlValue[] => [place.orderedAt, place.sequence, idBytes(place.messageId)];

const bodyOf = (row: Row): MessageBody => {
  const text = column.optional(row, 'text', column.text);
  return text === undefined ? { kind: 'unknown', encoded: column.bytes(row, 'encoded') } : { kind: 'text', text };
};

const readState = column.oneOf('waiting', 'sent', 'delivered', 'read', 'failed', 'unread', 'seen');
const readFailure = column.oneOf('recipientGone', 'deviceTrouble', 'refused');

const stateOf = (row: Row): MessageState => {
  const state = readState(row, 'state');
  return state === 'failed' ? { state, failure: readFailure(row, 'failure') } : { state };
};

const messageOf = (row: Row): StoredMessage => ({
  row: column.integer(row, 'id'),
  chatId: column.accountId(row, 'chat_id'),
  sender: column.accountId(row, 'sender'),
  own: column.flag(row, 'own'),
  body: bodyOf(row),
  sentAt: column.instant(row, 'sent_at'),
  place: {
    orderedAt: column.instant(row, 'ordered_at'),
    sequence: column.integer(row, 'sequence'),
    messageId: column.messageId(row, 'message_id'),
  },
  ...stateOf(row),
});

/** The messages of all chats, own and received. */
export class MessageRepository {
  readonly #database: ProfileDatabase;
  readonly #index: MessageIndex;

  constructor(database: ProfileDatabase) {
    this.#database = database;
    this.#index = new MessageIndex(database);
  }

  /**
   * Writes a message down. `undefined`: it is there already, or its sender has given it the id of an own message, which would make the interface take the one for the other.
   */
  insert(message: NewMessage): StoredMessage | undefined {
    const { body, place } = message;
    const state = message.state ?? (message.own ? 'waiting' : 'unread');
    const row = this.#database.get(
      `INSERT INTO message (chat_id, sender, own, text, encoded, sent_at, state, ordered_at, sequence, message_id)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM message WHERE message_id = ? AND own = 1) ON CONFLICT (message_id, sender) DO NOTHING RETURNING id`,
      [
        idBytes(message.chatId),
        idBytes(message.sender),
        message.own ? 1 : 0,
        body.kind === 'text' ? body.text : null,
        body.kind === 'unknown' ? body.encoded : null,
        message.sentAt,
        state,
        ...placeValues(place),
        idBytes(place.messageId),
      ],
    );
    if (row === undefined) return undefined;
    const stored: StoredMessage = { ...message, row: column.integer(row, 'id'), state };
    this.#index.add(stored);
    return stored;
  }

  find(messageId: MessageId, sender: AccountId): StoredMessage | undefined {
    const row = this.#database.get('SELECT * FROM message WHERE message_id = ? AND sender = ?', [
      idBytes(messageId),
      idBytes(sender),
    ]);
    return row === undefined ? undefined : messageOf(row);
  }

  get(row: number): StoredMessage {
    const found = this.#database.get('SELECT * FROM message WHERE id = ?', [row]);
    if (found === undefined) throw new StorageError('failed', 'a message that must be there is gone');
    return messageOf(found);
  }

  /** Those of these rows that are there, in the order in which they were written down. */
  those(rows: readonly number[]): readonly StoredMessage[] {
    const marks = rows.map(() => '?').join(', ');
    return this.#database.all(`SELECT * FROM message WHERE id IN (${marks}) ORDER BY id`, rows).map(messageOf);
  }

  /** Some of those that are not in the search index yet. */
  unindexed(limit: number): readonly StoredMessage[] {
    return this.#database
      .all(
        `SELECT * FROM message INDEXED BY message_unindexed
         WHERE search_row IS NULL AND text IS NOT NULL ORDER BY id LIMIT ?`,
        [limit],
      )
      .map(messageOf);
  }

  newest(chatId: AccountId): StoredMessage | undefined {
    return this.page(chatId, undefined, 1)[0];
  }

  /** Up to `limit` messages before a place (from the end without one), newest first. */
  page(chatId: AccountId, before: Place | undefined, limit: number): readonly StoredMessage[] {
    const bound = before === undefined ? '' : `AND ${PLACE} < (?, ?, ?)`;
    return this.#database
      .all(`SELECT * FROM message WHERE chat_id = ? ${bound} ORDER BY ${NEWEST_FIRST} LIMIT ?`, [
        idBytes(chatId),
        ...(before === undefined ? [] : placeValues(before)),
        limit,
      ])
      .map(messageOf);
  }

  /** Up to `limit` messages that follow a place, oldest first. */
  pageAfter(chatId: AccountId, after: Place, limit: number): readonly StoredMessage[] {
    return this.#database
      .all(`SELECT * FROM message WHERE chat_id = ? AND ${PLACE} > (?, ?, ?) ORDER BY ${OLDEST_FIRST} LIMIT ?`, [
        idBytes(chatId),
        ...placeValues(after),
        limit,
      ])
      .map(messageOf);
  }

  /**
   * Own messages that the server has taken. Later states stay: a receipt may have been faster than the server's answer.
   * Returns the rows that were waiting until now.
   */
  markSent(rows: readonly number[]): readonly number[] {
    const sql = `UPDATE message SET state = 'sent' WHERE id IN (SELECT value FROM json_each(?)) AND state = 'waiting'
                 RETURNING id`;
    return this.#database.all(sql, [rowList(rows)]).map((row) => column.integer(row, 'id'));
  }

  markFailed(row: number, failure: SendFailure): boolean {
    const sql = "UPDATE message SET state = 'failed', failure = ? WHERE id = ? AND state = 'waiting'";
    return this.#database.run(sql, [failure, row]) > 0;
  }

  markWaiting(row: number): void {
    this.#database.run("UPDATE message SET state = 'waiting', failure = NULL WHERE id = ? AND state = 'failed'", [row]);
  }

  /**
   * What the other person's receipt says of an own message in the chat with them. States only move forward; a receipt even
   * for a failed message proves that it arrived. Returns its row if anything changed.
   */
  advance(chatId: AccountId, messageId: MessageId, state: 'delivered' | 'read'): number | undefined {
    const earlier = state === 'read' ? "'waiting', 'sent', 'failed', 'delivered'" : "'waiting', 'sent', 'failed'";
    const row = this.#database.get(
      `UPDATE message SET state = ?, failure = NULL
       WHERE message_id = ? AND chat_id = ? AND own = 1 AND state IN (${earlier}) RETURNING id`,
      [state, idBytes(messageId), idBytes(chatId)],
    );
    return row === undefined ? undefined : column.integer(row, 'id');
  }

  /** Marks what the other person wrote, up to a place, as seen. Returns the rows that were unread. */
  markSeen(chatId: AccountId, upTo: Place): readonly number[] {
    return this.#database
      .all(
        `UPDATE message INDEXED BY message_unread SET state = 'seen'
         WHERE chat_id = ? AND state = 'unread' AND ${PLACE} <= (?, ?, ?) RETURNING id`,
        [idBytes(chatId), ...placeValues(upTo)],
      )
      .map((row) => column.integer(row, 'id'));
  }

  /** Marks one received message as seen. Returns its row if it was unread. */
  markOneSeen(chatId: AccountId, messageId: MessageId): number | undefined {
    const row = this.#database.get(
      "UPDATE message SET state = 'seen' WHERE message_id = ? AND sender = ? AND state = 'unread' RETURNING id",
      [idBytes(messageId), idBytes(chatId)],
    );
    return row === undefined ? undefined : column.integer(row, 'id');
  }

  /** Takes a message away, and what of it is on its way out. Returns whether it was there. */
  remove(chatId: AccountId, messageId: MessageId, sender: AccountId): boolean {
    const message = this.find(messageId, sender);
    if (message?.chatId !== chatId) return false;
    this.#index.remove(message);
    return this.#database.run('DELETE FROM message WHERE id = ?', [message.row]) > 0;
  }

  /** Messages whose kind was unknown when they came. */
  unknown(): readonly StoredMessage[] {
    return this.#database
      .all('SELECT * FROM message INDEXED BY message_unknown WHERE encoded IS NOT NULL')
      .map(messageOf);
  }

  /** Gives an unknown message the text that a newer version has read out of it. */
  reveal(row: number, text: string): void {
    const sql = 'UPDATE message SET text = ?, encoded = NULL WHERE id = ? AND encoded IS NOT NULL';
    if (this.#database.run(sql, [text, row]) > 0) this.#index.add(this.get(row));
  }
}
