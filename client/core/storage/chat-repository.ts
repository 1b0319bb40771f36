import { idBytes, type AccountId, type UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { Chat, NewChat } from '../chats/chat.js';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';
import { StorageError } from './storage-error.js';

const SELECT = `SELECT chat.*, coalesce(device_pin.alarm, 0) AS alarm
  FROM chat LEFT JOIN device_pin ON device_pin.account_id = chat.chat_id`;

const chatOf = (row: Row): Chat => ({
  chatId: column.accountId(row, 'chat_id'),
  username: column.username(row, 'username'),
  standing: column.oneOf('request', 'accepted')(row, 'standing'),
  blocked: column.flag(row, 'blocked'),
  contactSetAt: column.instant(row, 'contact_set_at'),
  alarm: column.flag(row, 'alarm'),
  profileKey: column.optional(row, 'profile_key', column.bytes),
  accessRefused: column.flag(row, 'access_refused'),
  draft: column.text(row, 'draft'),
  draftSetAt: column.instant(row, 'draft_set_at'),
  unread: column.integer(row, 'unread'),
  lastMessage: column.optional(row, 'last_message', column.integer),
  activeAt: column.instant(row, 'active_at'),
});

/** The people that this account talks to. */
export class ChatRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(chatId: AccountId): Chat | undefined {
    const row = this.#database.get(`${SELECT} WHERE chat_id = ?`, [idBytes(chatId)]);
    return row === undefined ? undefined : chatOf(row);
  }

  has(chatId: AccountId): boolean {
    return this.#database.get('SELECT 1 FROM chat WHERE chat_id = ?', [idBytes(chatId)]) !== undefined;
  }

  /** Latest activity first. */
  list(): readonly Chat[] {
    return this.#database.all(`${SELECT} ORDER BY active_at DESC, chat_id`).map(chatOf);
  }

  /** Makes the chat unless it is there, in which case it stays as it is. */
  add(chat: NewChat): void {
    this.#database.run(
      `INSERT INTO chat (chat_id, username, standing, created_at, active_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      [idBytes(chat.chatId), chat.username, chat.standing, chat.createdAt, chat.createdAt],
    );
  }

  /** How the account stands to a person from this time on. */
  setStanding(
    chatId: AccountId,
    { standing, blocked, setAt }: Pick<Chat, 'standing' | 'blocked'> & { setAt: UnixMs },
  ): void {
    const sql = 'UPDATE chat SET standing = ?, blocked = ?, contact_set_at = ? WHERE chat_id = ?';
    this.#database.run(sql, [standing, blocked ? 1 : 0, setAt, idBytes(chatId)]);
  }

  /** Returns whether the draft was another until now. */
  saveDraft(chatId: AccountId, draft: string, setAt: UnixMs): boolean {
    const sql = 'UPDATE chat SET draft = ?, draft_set_at = ? WHERE chat_id = ? AND draft <> ?';
    return this.#database.run(sql, [draft, setAt, idBytes(chatId), draft]) > 0;
  }

  /** Its owner vouches for this key: it opens the anonymous way again, whatever the server said of it before. */
  saveProfileKey(chatId: AccountId, profileKey: Bytes): void {
    const sql = `UPDATE chat SET profile_key = ?, access_refused = 0
      WHERE chat_id = ? AND (profile_key IS NOT ? OR access_refused = 1)`;
    this.#database.run(sql, [profileKey, idBytes(chatId), profileKey]);
  }

  /** The server refused the access key made of this profile key; a key that came meanwhile is not concerned. */
  refuseAccess(chatId: AccountId, profileKey: Bytes): void {
    const sql = 'UPDATE chat SET access_refused = 1 WHERE chat_id = ? AND profile_key = ?';
    this.#database.run(sql, [idBytes(chatId), profileKey]);
  }

  /** Counts up the contents that this device has made for the chat. */
  nextSequence(chatId: AccountId): number {
    const sql = 'UPDATE chat SET last_sequence = last_sequence + 1 WHERE chat_id = ? RETURNING last_sequence';
    const row = this.#database.get(sql, [idBytes(chatId)]);
    if (row === undefined) throw new StorageError('failed', 'a chat that must be there is gone');
    return column.integer(row, 'last_sequence');
  }

  /** Brings what is kept with the chat about its messages up to date; part of every transaction that changes them. */
  summarise(chatId: AccountId): void {
    this.#database.run(
      `UPDATE chat SET
         unread = (SELECT count(*) FROM message INDEXED BY message_unread
                   WHERE message.chat_id = chat.chat_id AND state = 'unread'),
         (last_message, active_at) = (
           SELECT newest.id, coalesce(newest.ordered_at, chat.created_at)
           FROM (SELECT 1) LEFT JOIN (SELECT id, ordered_at FROM message WHERE message.chat_id = ?
             ORDER BY ordered_at DESC, sequence DESC, message_id DESC LIMIT 1) AS newest)
       WHERE chat.chat_id = ?`,
      [idBytes(chatId), idBytes(chatId)],
    );
  }
}
