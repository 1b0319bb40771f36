import type { CoreEvent } from '@sotto/client/bridge';
import type { AccountId, MessageId } from '@sotto/protocol/ids';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';
import { chatView, messageView } from './views.js';

/** Messages in one event: the longest texts, escaped in the worst way, stay within one message on a bridge. */
const MESSAGES_AN_EVENT = 20;

interface ChatChanges {
  readonly rows: Set<number>;
  readonly arrived: Set<number>;
  readonly removed: Set<MessageId>;
}

interface ChangeFeedParts {
  readonly database: ProfileDatabase;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  /** Never throws. */
  readonly emit: (event: CoreEvent) => void;
}

/**
 * Tells the interfaces what has changed. What a transaction notes is told after its commit and forgotten at its
 * rollback, so that nobody ever sees a state that a crash could take back.
 */
export class ChangeFeed {
  readonly #parts: ChangeFeedParts;
  #transaction: symbol | undefined;
  #changes = new Map<AccountId, ChatChanges>();

  constructor(parts: ChangeFeedParts) {
    this.#parts = parts;
  }

  /** Notes, inside a transaction, that a chat has changed, and with it these rows; `arrived` are new ones from the peer. */
  note(chatId: AccountId, rows: readonly number[] = [], arrived: readonly number[] = []): void {
    const changes = this.#changesOf(chatId);
    for (const row of [...rows, ...arrived]) changes.rows.add(row);
    for (const row of arrived) changes.arrived.add(row);
  }

  /** Notes, inside a transaction, that a message is gone. */
  noteRemoved(chatId: AccountId, messageId: MessageId): void {
    this.#changesOf(chatId).removed.add(messageId);
  }

  #changesOf(chatId: AccountId): ChatChanges {
    const { transaction } = this.#parts.database;
    if (transaction === undefined) throw new Error('a change was noted outside of a transaction');
    if (this.#transaction !== transaction) this.#startNoting(transaction);
    const known = this.#changes.get(chatId);
    if (known !== undefined) return known;
    const changes = { rows: new Set<number>(), arrived: new Set<number>(), removed: new Set<MessageId>() };
    this.#changes.set(chatId, changes);
    return changes;
  }

  /** What an earlier transaction noted is dropped here where its rollback has left it behind. */
  #startNoting(transaction: symbol): void {
    const changes = new Map<AccountId, ChatChanges>();
    this.#transaction = transaction;
    this.#changes = changes;
    this.#parts.database.afterCommit(() => {
      for (const [chatId, changed] of changes) this.#tell(chatId, changed);
    });
  }

  #tell(chatId: AccountId, { rows, arrived, removed }: ChatChanges): void {
    const { chats, messages } = this.#parts;
    if (removed.size > 0) this.#parts.emit({ type: 'removed', chatId, messageIds: [...removed] });
    const ordered = [...rows].sort((left, right) => left - right);
    for (let at = 0; at < ordered.length; at += MESSAGES_AN_EVENT) {
      const changed = messages.those(ordered.slice(at, at + MESSAGES_AN_EVENT));
      this.#parts.emit({
        type: 'messages',
        chatId,
        messages: changed.map(messageView),
        arrived: changed.filter(({ row }) => arrived.has(row)).map(({ place }) => place.messageId),
      });
    }
    const chat = chats.find(chatId);
    if (chat === undefined) return;
    const last = chat.lastMessage === undefined ? undefined : messages.get(chat.lastMessage);
    this.#parts.emit({ type: 'chat', chat: chatView(chat, last) });
  }
}
