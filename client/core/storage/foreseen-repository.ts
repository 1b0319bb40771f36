import { idBytes, type AccountId, type MessageId } from '@sotto/protocol/ids';
import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';

/** What has been said of a message that is not here. `delivered`, `read`: of an own one; `seen`: of a received one. */
export type ForeseenState = 'delivered' | 'read' | 'seen' | 'deleted';

/** States kept for messages of one chat that may never come; a peer could name any number. Deletions are the person's own. */
const IN_ONE_CHAT_MOST = 2_000;

const readState = column.oneOf('delivered', 'read', 'seen', 'deleted');

interface MessagePlace {
  readonly chatId: AccountId;
  readonly sender: AccountId;
  readonly messageId: MessageId;
}

/**
 * States that overtook their messages: with several devices, a receipt or a read mark may be here before the message that it
 * speaks of. Deleted messages stay here, so that one that arrives late is not shown after all.
 */
export class ForeseenRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  /** Of two states the later one in a message's life stands. */
  note({ chatId, sender, messageId }: MessagePlace, state: ForeseenState): void {
    this.#database.run(
      `INSERT INTO foreseen_message (chat_id, sender, message_id, state) VALUES (?, ?, ?, ?)
       ON CONFLICT (message_id, sender) DO UPDATE SET state = excluded.state
       WHERE foreseen_message.state <> 'deleted' AND excluded.state <> 'delivered'`,
      [idBytes(chatId), idBytes(sender), idBytes(messageId), state],
    );
    if (state !== 'deleted') this.#forgetOldest(chatId);
  }

  /** What is to be thought of a message that arrives now; taken out, but for a deletion, which stands. */
  take({ sender, messageId }: Omit<MessagePlace, 'chatId'>): ForeseenState | undefined {
    const key = [idBytes(messageId), idBytes(sender)];
    const row = this.#database.get('SELECT state FROM foreseen_message WHERE message_id = ? AND sender = ?', key);
    if (row === undefined) return undefined;
    const state = readState(row, 'state');
    if (state !== 'deleted') {
      this.#database.run('DELETE FROM foreseen_message WHERE message_id = ? AND sender = ?', key);
    }
    return state;
  }

  #forgetOldest(chatId: AccountId): void {
    this.#database.run(
      `DELETE FROM foreseen_message WHERE id IN (
         SELECT id FROM foreseen_message INDEXED BY foreseen_in_chat
         WHERE chat_id = ? AND state <> 'deleted' ORDER BY id DESC LIMIT -1 OFFSET ?)`,
      [idBytes(chatId), IN_ONE_CHAT_MOST],
    );
  }
}
