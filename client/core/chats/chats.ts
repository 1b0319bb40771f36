import { BridgeError, type ChatView, type MessageView, type ParamsOf, type ResultOf } from '@sotto/client/bridge';
import { usernameKey, type AccountId, type MessageId } from '@sotto/protocol/ids';
import type { Outbox } from '../messaging/outbox.js';
import type { Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { ForeseenRepository } from '../storage/foreseen-repository.js';
import type { ReceiptRepository } from '../storage/receipt-repository.js';
import type { AccountSettings } from '../sync/account-settings.js';
import type { Announcer } from '../sync/announcer.js';
import type { ChangeFeed } from './change-feed.js';
import type { Chat } from './chat.js';
import { parseCursor } from './cursor.js';
import type { Directory } from './directory.js';
import type { Place, StoredMessage } from './message.js';
import { refuseText } from './outgoing-text.js';
import { chatView, messageView } from './views.js';

/** Characters of text in one page: escaped in the worst way they stay within one message on a bridge. */
const PAGE_TEXT_MOST = 120_000;

interface ChatsParts {
  readonly self: AccountId;
  readonly database: ProfileDatabase;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  readonly receipts: ReceiptRepository;
  readonly foreseen: ForeseenRepository;
  readonly announcer: Announcer;
  readonly settings: AccountSettings;
  readonly outbox: Outbox;
  readonly feed: ChangeFeed;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Called after the commit. */
  readonly onReceiptsOwed: () => void;
  /** Part of the transaction that blocks somebody. */
  readonly onBlocked: () => void;
}

/** What a person does with their chats. Refusals are `BridgeError`s. */
export class Chats {
  readonly #parts: ChatsParts;

  constructor(parts: ChatsParts) {
    this.#parts = parts;
  }

  list(): ChatView[] {
    return this.#parts.chats.list().map((chat) => this.#view(chat));
  }

  async start(typed: string): Promise<ChatView> {
    const { directory, database, chats, clock } = this.#parts;
    const username = directory.parse(typed);
    const known = chats.list().find((chat) => usernameKey(chat.username) === usernameKey(username));
    if (known !== undefined) return this.#view(known);
    const found = await directory.find(username);
    database.atomically(() => {
      chats.add({ chatId: found.accountId, username: found.username, standing: 'accepted', createdAt: clock.now() });
      this.#setStanding(this.#get(found.accountId), { standing: 'accepted', blocked: false });
    });
    return this.#view(this.#get(found.accountId));
  }

  /** The id of a chat that is there; throws where it is not. */
  known(chatId: AccountId): AccountId {
    return this.#get(chatId).chatId;
  }

  accept(chatId: AccountId): ChatView {
    this.#get(chatId);
    this.#parts.database.atomically(() => {
      this.#accept(chatId);
    });
    return this.#view(this.#get(chatId));
  }

  saveDraft(chatId: AccountId, text: string): void {
    this.#get(chatId);
    this.#parts.database.atomically(() => {
      this.#saveDraft(chatId, text);
    });
  }

  page({ chatId, before, after, limit }: ParamsOf<'listMessages'>): ResultOf<'listMessages'> {
    this.#get(chatId);
    const { messages } = this.#parts;
    if (before !== undefined && after !== undefined) throw new BridgeError('badCall');
    if (after === undefined)
      return pageOf(messages.page(chatId, before === undefined ? undefined : placeOf(before), limit + 1), limit);
    const { messages: shown, more } = pageOf(messages.pageAfter(chatId, placeOf(after), limit + 1), limit);
    return { messages: shown.toReversed(), more };
  }

  /** Asking twice with one id writes once. */
  sendText(chatId: AccountId, messageId: MessageId, text: string): MessageView {
    const { database, messages, outbox, self } = this.#parts;
    const chat = this.#get(chatId);
    const known = messages.find(messageId, self);
    if (known !== undefined) {
      if (known.chatId !== chatId) throw new BridgeError('badCall');
      return messageView(known);
    }
    // An id that the other person has used would make two messages of this chat look like one.
    if (messages.find(messageId, chatId) !== undefined) throw new BridgeError('badCall');
    const refusal = refuseText(text);
    if (refusal !== undefined) throw new BridgeError(refusal);
    const stored = database.atomically(() => {
      this.#accept(chatId);
      // What has been sent is no draft any more, even if nothing after this moment is executed.
      if (chat.draft.trim() === text.trim()) this.#saveDraft(chatId, '');
      return outbox.enqueueText(chatId, messageId, text);
    });
    return messageView(stored);
  }

  retry(messageId: MessageId): MessageView {
    const message = this.#parts.messages.find(messageId, this.#parts.self);
    if (message === undefined) throw new BridgeError('messageNotFound');
    if (message.state === 'failed') this.#parts.outbox.retry(message);
    return messageView(this.#parts.messages.get(message.row));
  }

  markRead(chatId: AccountId, upTo: MessageId): void {
    const { database, messages, chats, receipts, settings, announcer, feed, onReceiptsOwed } = this.#parts;
    this.#get(chatId);
    const { place } = this.#messageIn(chatId, upTo);
    database.atomically(() => {
      const rows = messages.markSeen(chatId, place);
      if (rows.length === 0) return;
      if (settings.values.readReceipts) receipts.owe(rows, chatId, 'read');
      announcer.read(
        chatId,
        messages.those(rows).map((message) => message.place.messageId),
      );
      chats.summarise(chatId);
      feed.note(chatId);
      database.afterCommit(onReceiptsOwed);
    });
  }

  /** For this account alone, on all of its devices. Messages that are not there are passed over. */
  remove(chatId: AccountId, messageIds: readonly MessageId[]): void {
    const { database, messages, foreseen, announcer, chats, feed, self } = this.#parts;
    this.#get(chatId);
    database.atomically(() => {
      const names = messageIds.flatMap((messageId) =>
        [self, chatId]
          .filter((sender) => messages.remove(chatId, messageId, sender))
          .map((sender) => ({ sender, messageId })),
      );
      if (names.length === 0) return;
      for (const name of names) {
        foreseen.note({ chatId, ...name }, 'deleted');
        feed.noteRemoved(chatId, name.messageId);
      }
      announcer.tell({ kind: 'deletion', chatId, messages: names });
      chats.summarise(chatId);
      feed.note(chatId);
    });
  }

  /** What a blocked person sends is dropped; nothing tells them. */
  setBlocked(chatId: AccountId, blocked: boolean): ChatView {
    const chat = this.#get(chatId);
    if (chat.blocked !== blocked) {
      this.#parts.database.atomically(() => {
        this.#setStanding(chat, { standing: chat.standing, blocked });
        if (blocked) this.#parts.onBlocked();
      });
    }
    return this.#view(this.#get(chatId));
  }

  /** Receipts that a stranger was not given go out now. */
  #accept(chatId: AccountId): void {
    const chat = this.#get(chatId);
    if (chat.standing === 'accepted') return;
    this.#setStanding(chat, { standing: 'accepted', blocked: chat.blocked });
    this.#parts.database.afterCommit(this.#parts.onReceiptsOwed);
  }

  #setStanding({ chatId, contactSetAt }: Chat, standing: Pick<Chat, 'standing' | 'blocked'>): void {
    const { chats, announcer, feed } = this.#parts;
    chats.setStanding(chatId, { ...standing, setAt: announcer.timeAfter(contactSetAt) });
    announcer.contact(chatId);
    feed.note(chatId);
  }

  #saveDraft(chatId: AccountId, text: string): void {
    const { chats, announcer, feed } = this.#parts;
    const { draftSetAt } = this.#get(chatId);
    if (!chats.saveDraft(chatId, text, announcer.timeAfter(draftSetAt))) return;
    announcer.draft(chatId);
    feed.note(chatId);
  }

  #messageIn(chatId: AccountId, messageId: MessageId): StoredMessage {
    const { messages, self } = this.#parts;
    const own = messages.find(messageId, self);
    const found = messages.find(messageId, chatId) ?? (own?.chatId === chatId ? own : undefined);
    if (found === undefined) throw new BridgeError('messageNotFound');
    return found;
  }

  #get(chatId: AccountId): Chat {
    const chat = this.#parts.chats.find(chatId);
    if (chat === undefined) throw new BridgeError('chatNotFound');
    return chat;
  }

  #view(chat: Chat): ChatView {
    return chatView(chat, chat.lastMessage === undefined ? undefined : this.#parts.messages.get(chat.lastMessage));
  }
}

const placeOf = (cursor: string): Place => {
  const place = parseCursor(cursor);
  if (place === undefined) throw new BridgeError('badCall');
  return place;
};

/** As many of the first as go over a bridge at once; one more than `limit` was looked for. */
const pageOf = (found: readonly StoredMessage[], limit: number): ResultOf<'listMessages'> => {
  const shown: MessageView[] = [];
  let length = 0;
  for (const message of found.slice(0, limit)) {
    length += message.body.kind === 'text' ? message.body.text.length : 0;
    if (length > PAGE_TEXT_MOST && shown.length > 0) break;
    shown.push(messageView(message));
  }
  return { messages: shown, more: found.length > shown.length };
};
