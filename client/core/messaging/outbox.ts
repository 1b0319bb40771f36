import { CONTENT_LIMITS, type SyncKind } from '@sotto/protocol/content';
import type { AccountId, DeviceId, MessageId } from '@sotto/protocol/ids';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { Place, StoredMessage } from '../chats/message.js';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import { later, type Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { CounterRepository } from '../storage/counter-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { OutboxRepository } from '../storage/outbox-repository.js';
import type { RandomIds } from './random-ids.js';
import { otherDevices } from './recipients.js';

interface OutboxParts {
  readonly self: AccountId;
  readonly deviceId: DeviceId;
  readonly devices: Pick<PeerDevices, 'find'>;
  readonly counters: CounterRepository;
  readonly database: ProfileDatabase;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  readonly jobs: OutboxRepository;
  readonly feed: ChangeFeed;
  /** The server's time, as far as this device knows it: a wrong clock would put messages into wrong places everywhere. */
  readonly serverTime: Pick<Clock, 'now'>;
  readonly ids: RandomIds;
  readonly log: CoreLog;
}

/** Step 2 of a message's journey: what is to be sent is on disk, with its place in the order, before anything else happens. */
export class Outbox {
  readonly #parts: OutboxParts;
  #wake: (chatId: AccountId) => void = () => undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Sets what is called, after the commit, when there is something to send in a chat. */
  onWaiting(wake: (chatId: AccountId) => void): void {
    this.#wake = wake;
  }

  /** Writes a text down and puts it in line. The caller has made sure that the chat exists and the id is new. */
  enqueueText(chatId: AccountId, messageId: MessageId, text: string): StoredMessage {
    const { database, messages, self, log } = this.#parts;
    return database.atomically(() => {
      const place = this.#placeAtEnd(chatId, messageId);
      const message = messages.insert({
        chatId,
        sender: self,
        own: true,
        body: { kind: 'text', text },
        sentAt: place.orderedAt,
        place,
      });
      if (message === undefined) throw new Error('a message with this id has been written already');
      this.#enqueueMessage(message, message.place.sequence);
      log('journey.2.storing');
      database.afterCommit(() => log('journey.2.stored'));
      return message;
    });
  }

  /** Puts a failed message in line again, at the end; it keeps its id, its sent time and its place. */
  retry(message: StoredMessage): void {
    const { database, messages, chats } = this.#parts;
    database.atomically(() => {
      messages.markWaiting(message.row);
      this.#enqueueMessage(message, chats.nextSequence(message.chatId));
    });
  }

  /** Part of the transaction in which the receipts cease to be owed. */
  enqueueReceipt(chatId: AccountId, state: 'delivered' | 'read', messageIds: readonly MessageId[]): void {
    const { jobs, chats, serverTime, ids, database } = this.#parts;
    jobs.add({
      chatId,
      contentId: ids.messageId(),
      sequence: chats.nextSequence(chatId),
      madeAt: serverTime.now(),
      body: { kind: 'receipt', state, messageIds },
    });
    database.afterCommit(() => this.#wake(chatId));
  }

  /**
   * Tells the other devices of the account something, after what they were told before. Part of the transaction that makes it
   * so here. Without other devices there is nobody to tell: a device that is linked later gets it with the history.
   */
  tell(sync: SyncKind): void {
    if (!this.#hasOthers) return;
    const { self, jobs, counters, serverTime, ids, database } = this.#parts;
    jobs.add({
      chatId: self,
      contentId: ids.messageId(),
      sequence: counters.add('ownSequence', 1),
      madeAt: serverTime.now(),
      body: { kind: 'sync', sync },
    });
    database.afterCommit(() => this.#wake(self));
  }

  /** Tells a contact the present profile key, and nothing else. */
  greet(chatId: AccountId): void {
    const { jobs, chats, serverTime, ids, database } = this.#parts;
    jobs.add({
      chatId,
      contentId: ids.messageId(),
      sequence: chats.nextSequence(chatId),
      madeAt: serverTime.now(),
      body: { kind: 'hello' },
    });
    database.afterCommit(() => this.#wake(chatId));
  }

  /** Tells them of texts of one chat that the server has taken. */
  tellSent(chatId: AccountId, messageRows: readonly number[]): void {
    if (!this.#hasOthers) return;
    const { messages, chats } = this.#parts;
    const chat = chats.find(chatId);
    if (chat === undefined) return;
    for (const { sentAt, place, body } of messages.those(messageRows)) {
      if (body.kind !== 'text') continue;
      this.tell({ kind: 'sent', chatId, chatUsername: chat.username, sentAt, ...place, body: body.text });
    }
  }

  /** Tells them what has been read. */
  tellRead(chatId: AccountId, messageIds: readonly MessageId[]): void {
    const { syncMessageNames } = CONTENT_LIMITS;
    for (let at = 0; at < messageIds.length; at += syncMessageNames) {
      this.tell({ kind: 'read', chatId, messageIds: messageIds.slice(at, at + syncMessageNames) });
    }
  }

  get #hasOthers(): boolean {
    const { self, deviceId, devices } = this.#parts;
    const own = devices.find(self);
    return own !== undefined && otherDevices(own, deviceId).length > 0;
  }

  #enqueueMessage({ chatId, row, sentAt, place }: StoredMessage, sequence: number): void {
    const { jobs, chats, feed, database } = this.#parts;
    jobs.add({
      chatId,
      contentId: place.messageId,
      sequence,
      madeAt: sentAt,
      body: { kind: 'text', messageRow: row },
    });
    chats.summarise(chatId);
    feed.note(chatId, [row]);
    database.afterCommit(() => this.#wake(chatId));
  }

  /**
   * After everything that is in the chat now. The sent time follows the place, so that on the other side, too, an answer never
   * stands before what it answers, however the clocks differ.
   */
  #placeAtEnd(chatId: AccountId, messageId: MessageId): Place {
    const { messages, chats, serverTime } = this.#parts;
    const last = messages.newest(chatId);
    const now = serverTime.now();
    // Own messages of one instant are told apart by their sequence; one after a received one needs a later instant.
    const earliest = last === undefined ? now : last.own ? last.place.orderedAt : later(last.place.orderedAt, 1);
    const orderedAt = now > earliest ? now : earliest;
    return { orderedAt, sequence: chats.nextSequence(chatId), messageId };
  }
}
