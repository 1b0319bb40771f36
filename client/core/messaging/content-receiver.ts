import type { Header, ReceivedContent, Receipt } from '@sotto/protocol/content';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { MessageBody } from '../chats/message.js';
import type { PeerDevices } from '../devices/types.js';
import type { Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { ForeseenRepository } from '../storage/foreseen-repository.js';
import type { ReceiptRepository } from '../storage/receipt-repository.js';
import type { SyncReceiver } from '../sync/sync-receiver.js';

/** A content with the time when the server took it. */
export interface OpenedContent {
  readonly content: ReceivedContent;
  readonly serverTime: UnixMs;
}

interface ReceivedMessage {
  readonly header: Header;
  readonly body: MessageBody;
}

interface ContentReceiverParts {
  readonly self: AccountId;
  readonly devices: PeerDevices;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  readonly receipts: ReceiptRepository;
  readonly foreseen: ForeseenRepository;
  readonly sync: SyncReceiver;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
}

/** Writes down what an opened content says: part of the transaction that commits the ratchets. */
export class ContentReceiver {
  readonly #parts: ContentReceiverParts;

  constructor(parts: ContentReceiverParts) {
    this.#parts = parts;
  }

  /**
   * The senders have been verified, and so has that the contents are for this device. What is the same for many contents of
   * one person is written once. Returns the chats whose messages have changed.
   */
  receive(opened: readonly OpenedContent[]): Iterable<AccountId> {
    const { self, chats, receipts, feed } = this.#parts;
    const touched = new Set<AccountId>();
    const rowsOf = new Map<AccountId, number[]>();
    const profileKeys = new Map<AccountId, Bytes>();
    for (const { content, serverTime } of opened) {
      const { senderAccount, profileKey } = content.header;
      if (senderAccount === self) {
        for (const chatId of this.#receiveOwn(content, serverTime)) touched.add(chatId);
        continue;
      }
      if (chats.find(senderAccount)?.blocked === true) continue;
      const rows = rowsOf.get(senderAccount) ?? [];
      rowsOf.set(senderAccount, rows);
      this.#receiveOne(content, serverTime, rows);
      if (profileKey !== undefined) profileKeys.set(senderAccount, profileKey);
    }
    for (const [chatId, rows] of rowsOf) {
      if (rows.length === 0) continue;
      receipts.owe(rows, chatId, 'delivered');
      feed.note(chatId, [], rows);
    }
    for (const [chatId, profileKey] of profileKeys) chats.saveProfileKey(chatId, profileKey);
    for (const chatId of rowsOf.keys()) touched.add(chatId);
    return touched;
  }

  /** Adds the row of a new message to `rows`. */
  #receiveOne(content: ReceivedContent, serverTime: UnixMs, rows: number[]): void {
    const { body, header } = content;
    switch (body.kind) {
      case 'text':
        this.#receiveMessage({ header, body: { kind: 'text', text: body.body } }, serverTime, rows);
        break;
      case 'unknown':
        this.#receiveMessage({ header, body: { kind: 'unknown', encoded: body.encoded } }, serverTime, rows);
        break;
      case 'receipt':
        this.#receiveReceipt(header.senderAccount, body);
        break;
      case 'hello':
      // What only own devices may say: the gate lets none of them through from anybody else.
      case 'sync':
      case 'unknownSync':
        break;
    }
  }

  #receiveOwn({ body }: ReceivedContent, serverTime: UnixMs): readonly AccountId[] {
    const { sync } = this.#parts;
    switch (body.kind) {
      case 'sync':
        return sync.receive(body.sync, serverTime);
      case 'unknownSync':
        sync.keep(body, serverTime);
        return [];
      case 'hello':
      case 'unknown':
      case 'text':
      case 'receipt':
        return [];
    }
  }

  #receiveMessage({ header, body }: ReceivedMessage, serverTime: UnixMs, rows: number[]): void {
    const chatId = header.senderAccount;
    if (rows.length === 0) this.#openChat(chatId);
    const { messageId, sentAt, sequence } = header;
    const known = this.#parts.foreseen.take({ sender: chatId, messageId });
    if (known === 'deleted') return;
    // A clock that is ahead must not push a message past everything that comes later; nor one that lies.
    const orderedAt = sentAt < serverTime ? sentAt : serverTime;
    const stored = this.#parts.messages.insert({
      chatId,
      sender: chatId,
      own: false,
      body,
      sentAt,
      place: { orderedAt, sequence, messageId },
      state: known === 'seen' ? 'seen' : 'unread',
    });
    if (stored !== undefined) rows.push(stored.row);
  }

  /** Names of messages that are not this person's are passed over: nobody speaks for what somebody else received. */
  #receiveReceipt(chatId: AccountId, { state, messageIds }: Receipt): void {
    const { self, messages, foreseen, feed } = this.#parts;
    for (const messageId of messageIds) {
      const row = messages.advance(chatId, messageId, state);
      if (row !== undefined) feed.note(chatId, [row]);
      // Another device of the account may have written it, and be about to say so.
      else if (messages.find(messageId, self) === undefined) foreseen.note({ chatId, sender: self, messageId }, state);
    }
  }

  #openChat(chatId: AccountId): void {
    const { chats, devices, clock } = this.#parts;
    if (chats.has(chatId)) return;
    const account = devices.find(chatId);
    if (account === undefined) throw new Error('a sender was believed whose device list is not pinned');
    chats.add({ chatId, username: account.username, standing: 'request', createdAt: clock.now() });
  }
}
