import { supersedes, type ContactState, type Draft } from '@sotto/protocol/content';
import type { AccountId, UnixMs, Username } from '@sotto/protocol/ids';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { Chat } from '../chats/chat.js';
import type { Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ForeseenRepository } from '../storage/foreseen-repository.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { ReceiptRepository } from '../storage/receipt-repository.js';
import type { SyncHandlers, SyncOf } from './sync-handlers.js';

interface ChatSyncParts {
  readonly self: AccountId;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  readonly receipts: ReceiptRepository;
  readonly foreseen: ForeseenRepository;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
}

/** How a chat stands, in the words in which own devices tell each other. */
export const contactStateOf = (chat: Chat): ContactState => ({
  accountId: chat.chatId,
  username: chat.username,
  standing: chat.blocked ? 'blocked' : chat.standing,
  profileKey: chat.profileKey,
  setAt: chat.contactSetAt,
});

/** The draft of a chat, in the same words. */
export const draftOf = ({ chatId, draft, draftSetAt }: Chat): Draft => ({ chatId, text: draft, setAt: draftSetAt });

type ChatKinds = 'sent' | 'read' | 'deletion' | 'draft' | 'contact';

/** What other own devices say of chats and messages. */
export class ChatSync {
  readonly handlers: Pick<SyncHandlers, ChatKinds>;
  readonly #parts: ChatSyncParts;

  constructor(parts: ChatSyncParts) {
    this.#parts = parts;
    this.handlers = {
      sent: (sync, serverTime) => this.#sent(sync, serverTime),
      read: (sync) => this.#read(sync),
      deletion: (sync) => this.#deletion(sync),
      draft: (sync) => this.#draft(sync),
      contact: (sync) => this.#contact(sync),
    };
  }

  #sent(sync: SyncOf<'sent'>, serverTime: UnixMs): readonly AccountId[] {
    const { self, messages, foreseen, feed } = this.#parts;
    const { chatId, messageId, sequence, sentAt, orderedAt, body } = sync;
    this.#openChat(chatId, sync.chatUsername, 'accepted');
    const known = foreseen.take({ sender: self, messageId });
    if (known === 'deleted') return [];
    const stored = messages.insert({
      chatId,
      sender: self,
      own: true,
      body: { kind: 'text', text: body },
      sentAt,
      place: { orderedAt: orderedAt < serverTime ? orderedAt : serverTime, sequence, messageId },
      state: known === 'delivered' || known === 'read' ? known : 'sent',
    });
    if (stored === undefined) return [];
    feed.note(chatId, [stored.row]);
    return [chatId];
  }

  /** The device that has shown them owes the receipts. */
  #read({ chatId, messageIds }: SyncOf<'read'>): readonly AccountId[] {
    const { messages, receipts, foreseen, feed } = this.#parts;
    for (const messageId of messageIds) {
      const row = messages.markOneSeen(chatId, messageId);
      if (row !== undefined) {
        receipts.forget(row);
        feed.note(chatId, [row]);
      } else if (messages.find(messageId, chatId) === undefined) {
        foreseen.note({ chatId, sender: chatId, messageId }, 'seen');
      }
    }
    return [chatId];
  }

  #deletion({ chatId, messages: names }: SyncOf<'deletion'>): readonly AccountId[] {
    const { messages, foreseen, feed } = this.#parts;
    for (const { sender, messageId } of names) {
      messages.remove(chatId, messageId, sender);
      foreseen.note({ chatId, sender, messageId }, 'deleted');
      feed.noteRemoved(chatId, messageId);
    }
    return [chatId];
  }

  #draft(sync: SyncOf<'draft'>): readonly AccountId[] {
    const { chats, feed } = this.#parts;
    const chat = chats.find(sync.chatId);
    if (chat === undefined || !supersedes(sync, { kind: 'draft', ...draftOf(chat) })) return [];
    if (chats.saveDraft(sync.chatId, sync.text, sync.setAt)) feed.note(sync.chatId);
    return [];
  }

  #contact(sync: SyncOf<'contact'>): readonly AccountId[] {
    const { chats, feed } = this.#parts;
    const { accountId, standing, profileKey, setAt } = sync;
    const chat = this.#openChat(accountId, sync.username, standing === 'request' ? 'request' : 'accepted');
    if (!supersedes(sync, { kind: 'contact', ...contactStateOf(chat) })) return [];
    const blocked = standing === 'blocked';
    chats.setStanding(accountId, { standing: blocked ? chat.standing : standing, blocked, setAt });
    // A key of this device's own knowledge is not older than one that comes by way of another device.
    if (profileKey !== undefined && chat.profileKey === undefined) chats.saveProfileKey(accountId, profileKey);
    feed.note(accountId);
    return [];
  }

  #openChat(chatId: AccountId, username: Username, standing: Chat['standing']): Chat {
    const { chats, feed, clock } = this.#parts;
    if (!chats.has(chatId)) {
      chats.add({ chatId, username, standing, createdAt: clock.now() });
      feed.note(chatId);
    }
    const chat = chats.find(chatId);
    if (chat === undefined) throw new Error('a chat that was made is not there');
    return chat;
  }
}
