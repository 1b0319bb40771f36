import type { ReceivedContent, Receipt } from '@sotto/protocol/content';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { MessageBody } from '../chats/message.js';
import type { PeerDevices } from '../devices/types.js';
import type { Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { ReceiptRepository } from '../storage/receipt-repository.js';

interface ContentReceiverParts {
  readonly devices: PeerDevices;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  readonly receipts: ReceiptRepository;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
}

/** Writes down what an opened content says: part of the transaction that commits the ratchets. */
export class ContentReceiver {
  readonly #parts: ContentReceiverParts;

  constructor(parts: ContentReceiverParts) {
    this.#parts = parts;
  }

  /** The sender has been verified, and so has that the content is for this device. */
  receive(content: ReceivedContent, serverTime: UnixMs): void {
    const { body } = content;
    switch (body.kind) {
      case 'text':
        this.#receiveMessage(content, serverTime, { kind: 'text', text: body.body });
        break;
      case 'unknown':
        this.#receiveMessage(content, serverTime, { kind: 'unknown', encoded: body.encoded });
        break;
      case 'receipt':
        this.#receiveReceipt(content.header.senderAccount, body);
        break;
      case 'hello':
      // What only own devices may say; the gate lets none of them through yet.
      case 'sync':
      case 'unknownSync':
        break;
    }
    this.#keepProfileKey(content);
  }

  #receiveMessage({ header }: ReceivedContent, serverTime: UnixMs, body: MessageBody): void {
    const { messages, receipts, feed } = this.#parts;
    const chatId = header.senderAccount;
    this.#openChat(chatId);
    const { messageId, sentAt, sequence } = header;
    // A clock that is ahead must not push a message past everything that comes later; nor one that lies.
    const orderedAt = sentAt < serverTime ? sentAt : serverTime;
    const stored = messages.insert({
      chatId,
      sender: chatId,
      own: false,
      body,
      sentAt,
      place: { orderedAt, sequence, messageId },
    });
    if (stored === undefined) return;
    receipts.owe(stored.row, chatId, 'delivered');
    feed.note(chatId, [], [stored.row]);
  }

  /** Names of messages that are not this person's are passed over: nobody speaks for what somebody else received. */
  #receiveReceipt(chatId: AccountId, { state, messageIds }: Receipt): void {
    const { messages, feed } = this.#parts;
    for (const messageId of messageIds) {
      const row = messages.advance(chatId, messageId, state);
      if (row !== undefined) feed.note(chatId, [row]);
    }
  }

  #openChat(chatId: AccountId): void {
    const { chats, devices, clock } = this.#parts;
    if (chats.has(chatId)) return;
    const account = devices.find(chatId);
    if (account === undefined) throw new Error('a sender was believed whose device list is not pinned');
    chats.add({ chatId, username: account.username, standing: 'request', createdAt: clock.now() });
  }

  #keepProfileKey({ header }: ReceivedContent): void {
    if (header.profileKey !== undefined) this.#parts.chats.saveProfileKey(header.senderAccount, header.profileKey);
  }
}
