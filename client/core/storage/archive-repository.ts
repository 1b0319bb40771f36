import type { ArchivedState } from '@sotto/protocol/content';
import { idBytes, type AccountId, type MessageId, type UnixMs, type Username } from '@sotto/protocol/ids';
import type { MessageBody, NewMessage } from '../chats/message.js';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

/** A message as an archive holds it, and where it stands among all of them. */
export interface ArchivableMessage {
  readonly row: number;
  readonly chatId: AccountId;
  readonly sender: AccountId;
  readonly messageId: MessageId;
  readonly sentAt: UnixMs;
  readonly orderedAt: UnixMs;
  readonly sequence: number;
  readonly state: ArchivedState;
  readonly body: MessageBody;
}

export interface ArchivableChat {
  readonly chatId: AccountId;
  readonly username: Username;
  readonly createdAt: UnixMs;
  readonly draft: string;
}

/** The place of a message in the order in which an archive is written. */
export interface AgePlace {
  readonly orderedAt: number;
  readonly row: number;
}

const readState = column.oneOf('waiting', 'sent', 'delivered', 'read', 'failed', 'unread', 'seen');

const bodyOf = (row: Row): MessageBody => {
  const text = column.optional(row, 'text', column.text);
  return text === undefined ? { kind: 'unknown', encoded: column.bytes(row, 'encoded') } : { kind: 'text', text };
};

const messageOf = (row: Row): ArchivableMessage => ({
  row: column.integer(row, 'id'),
  chatId: column.accountId(row, 'chat_id'),
  sender: column.accountId(row, 'sender'),
  messageId: column.messageId(row, 'message_id'),
  sentAt: column.instant(row, 'sent_at'),
  orderedAt: column.instant(row, 'ordered_at'),
  sequence: column.integer(row, 'sequence'),
  state: readState(row, 'state'),
  body: bodyOf(row),
});

const chatOf = (row: Row): ArchivableChat => ({
  chatId: column.accountId(row, 'chat_id'),
  username: column.username(row, 'username'),
  createdAt: column.instant(row, 'created_at'),
  draft: column.text(row, 'draft'),
});

/** Chats and messages as they go into an archive and come out of one, whatever the rest of the core does meanwhile. */
export class ArchiveRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  /** The highest row of a message. */
  newestRow(): number {
    return this.#count('SELECT coalesce(max(id), 0) AS count FROM message');
  }

  countMessages(newestRow: number): number {
    return this.#count('SELECT count(*) AS count FROM message WHERE id <= ?', [newestRow]);
  }

  countChats(): number {
    return this.#count('SELECT count(*) AS count FROM chat');
  }

  countPins(): number {
    return this.#count('SELECT count(*) AS count FROM chat JOIN device_pin ON device_pin.account_id = chat.chat_id');
  }

  chats(after: AccountId | undefined, limit: number): readonly ArchivableChat[] {
    const bound = after === undefined ? '' : 'WHERE chat_id > ?';
    const key = after === undefined ? [] : [idBytes(after)];
    return this.#database.all(`SELECT * FROM chat ${bound} ORDER BY chat_id LIMIT ?`, [...key, limit]).map(chatOf);
  }

  /** Newest first over all chats, up to a row. */
  messages(newestRow: number, before: AgePlace | undefined, limit: number): readonly ArchivableMessage[] {
    const bound = before === undefined ? '' : 'AND (ordered_at, id) < (?, ?)';
    const place = before === undefined ? [] : [before.orderedAt, before.row];
    return this.#database
      .all(
        `SELECT * FROM message INDEXED BY message_age WHERE id <= ? ${bound}
         ORDER BY ordered_at DESC, id DESC LIMIT ?`,
        [newestRow, ...place, limit],
      )
      .map(messageOf);
  }

  /**
   * Writes a message down as it stood elsewhere. `undefined`: it is there already, or another with the id of an own one is.
   */
  insert(message: NewMessage, state: ArchivedState): number | undefined {
    const { body, place, own } = message;
    const id = idBytes(place.messageId);
    const row = this.#database.get(
      `INSERT INTO message (chat_id, sender, own, text, encoded, sent_at, state, failure, ordered_at, sequence, message_id)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM message WHERE message_id = ? AND own = 1)
       ON CONFLICT (message_id, sender) DO NOTHING RETURNING id`,
      [
        idBytes(message.chatId),
        idBytes(message.sender),
        own ? 1 : 0,
        body.kind === 'text' ? body.text : null,
        body.kind === 'unknown' ? body.encoded : null,
        message.sentAt,
        state,
        // The archive says that it failed and not why: the person may try again, as after any trouble.
        state === 'failed' ? 'deviceTrouble' : null,
        place.orderedAt,
        place.sequence,
        id,
        id,
      ],
    );
    return row === undefined ? undefined : column.integer(row, 'id');
  }

  /** A received message that was read elsewhere. Returns its row if it was unread here. */
  markSeen(chatId: AccountId, messageId: MessageId): number | undefined {
    const row = this.#database.get(
      "UPDATE message SET state = 'seen' WHERE message_id = ? AND sender = ? AND state = 'unread' RETURNING id",
      [idBytes(messageId), idBytes(chatId)],
    );
    return row === undefined ? undefined : column.integer(row, 'id');
  }

  #count(sql: string, params: readonly number[] = []): number {
    const row = this.#database.get(sql, params);
    return row === undefined ? 0 : column.integer(row, 'count');
  }
}
