import { idBytes, type AccountId, type MessageId } from '@sotto/protocol/ids';
import * as column from './columns.js';
import { rowList, type ProfileDatabase } from './database.js';

/** Receipts that are owed to the authors of received messages and not yet on their way. */
export class ReceiptRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  /** Read says delivered too, so it takes its place; delivered never takes the place of read. */
  owe(messageRows: readonly number[], chatId: AccountId, state: 'delivered' | 'read'): void {
    this.#database.run(
      `INSERT INTO receipt_due SELECT value, ?, ? FROM json_each(?) WHERE true
       ON CONFLICT (message) DO UPDATE SET state = 'read' WHERE excluded.state = 'read'`,
      [idBytes(chatId), state, rowList(messageRows)],
    );
  }

  /** Somebody else says it: another device of the account, which has shown the message. */
  forget(messageRow: number): void {
    this.#database.run('DELETE FROM receipt_due WHERE message = ?', [messageRow]);
  }

  /** Accepted chats to which receipts are owed. A stranger learns nothing. */
  owedChats(): readonly AccountId[] {
    return this.#database
      .all(
        `SELECT DISTINCT chat_id FROM receipt_due JOIN chat USING (chat_id) WHERE standing = 'accepted' AND blocked = 0`,
      )
      .map((row) => column.accountId(row, 'chat_id'));
  }

  /** Takes up to `limit` receipts of one state; the caller puts them into the outbox in the same transaction. */
  take(chatId: AccountId, state: 'delivered' | 'read', limit: number): readonly MessageId[] {
    const rows = this.#database.all(
      `SELECT receipt_due.message, message.message_id FROM receipt_due JOIN message ON message.id = receipt_due.message
       WHERE receipt_due.chat_id = ? AND receipt_due.state = ? ORDER BY receipt_due.message LIMIT ?`,
      [idBytes(chatId), state, limit],
    );
    const taken = rowList(rows.map((row) => column.integer(row, 'message')));
    this.#database.run('DELETE FROM receipt_due WHERE message IN (SELECT value FROM json_each(?))', [taken]);
    return rows.map((row) => column.messageId(row, 'message_id'));
  }
}
