import type { CoreEvent } from '@sotto/client/bridge';
import { DeviceMessenger, type LocalIdentity, type RandomSource, type SenderTrust } from '@sotto/crypto';
import type { AccountKeyRotation, SyncKind } from '@sotto/protocol/content';
import type { AccountId, DeviceId, Username } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { SenderCertificateSource } from '../account/types.js';
import { ChangeFeed } from '../chats/change-feed.js';
import { Chats } from '../chats/chats.js';
import { Directory } from '../chats/directory.js';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi, AnonymousApi, Connection } from '../net/types.js';
import { AccountStateRepository } from '../storage/account-state-repository.js';
import { ChatRepository } from '../storage/chat-repository.js';
import { CounterRepository } from '../storage/counter-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { ForeseenRepository } from '../storage/foreseen-repository.js';
import { InboxRepository } from '../storage/inbox-repository.js';
import { MessageRepository } from '../storage/message-repository.js';
import { OutboxRepository } from '../storage/outbox-repository.js';
import { RatchetRepository } from '../storage/ratchet-repository.js';
import { ReceiptRepository } from '../storage/receipt-repository.js';
import { AccountSettings } from '../sync/account-settings.js';
import { accountSyncHandlers } from '../sync/account-sync.js';
import { Announcer } from '../sync/announcer.js';
import { ChatSync } from '../sync/chat-sync.js';
import { SyncReceiver } from '../sync/sync-receiver.js';
import { AnonymousAccess } from './anonymous-access.js';
import { BundleClaim } from './bundle-claim.js';
import { ContentReceiver } from './content-receiver.js';
import { InboxOpener } from './inbox-opener.js';
import { Inbox } from './inbox.js';
import { revealKeptContent } from './kept-content.js';
import { OutboxLine } from './outbox-line.js';
import { Recipients } from './recipients.js';
import { OutboxSender } from './outbox-sender.js';
import { Outbox } from './outbox.js';
import { RandomIds } from './random-ids.js';
import { ReceiptBatcher } from './receipt-batcher.js';
import { Sealer } from './sealer.js';
import type { FreshTrust } from './trust-wait.js';

/** The account and device whose messages these are. */
export interface MessagingOwner {
  readonly accountId: AccountId;
  readonly username: Username;
  readonly deviceId: DeviceId;
  /** The present one: unlinking a device and blocking somebody replace it. */
  readonly profileKey: () => Bytes;
  readonly identity: LocalIdentity;
}

/** Told, in the transaction, of what another own device has said of the account. */
export interface OwnAccountNews {
  readonly onKeys: (rotation: AccountKeyRotation) => void;
  readonly onStorageRecord: (version: number) => void;
  readonly onChange: () => void;
  /** Somebody has been blocked on this device. */
  readonly onBlocked: () => void;
}

export interface MessagingParts {
  readonly owner: MessagingOwner;
  readonly database: ProfileDatabase;
  readonly connection: Connection;
  readonly accountApi: AccountApi;
  readonly anonymousApi: AnonymousApi;
  readonly devices: PeerDevices;
  readonly certificates: SenderCertificateSource;
  readonly trust: FreshTrust & { readonly senderTrust: SenderTrust };
  readonly clock: Clock;
  /** The server's time, as far as this device knows it. */
  readonly serverTime: Pick<Clock, 'now'>;
  readonly random: RandomSource;
  readonly log: CoreLog;
  /** Tells the interfaces about chats and messages. Never throws. */
  readonly emit: (event: CoreEvent) => void;
  /** One-time prekeys have been used. */
  readonly onPreKeysUsed: () => void;
  /** What other own devices say of the account itself. */
  readonly ownAccount: OwnAccountNews;
  /** The counts of envelopes that were set aside or expired have changed. */
  readonly onCounts: () => void;
}

/** Everything between the chats that a person sees and the connection: the composition of this folder. */
export class Messaging {
  readonly chats: Chats;
  readonly settings: AccountSettings;
  readonly announcer: Announcer;
  readonly #parts: MessagingParts;
  readonly #inbox: Inbox;
  readonly #opener: InboxOpener;
  readonly #sender: OutboxSender;
  readonly #receipts: ReceiptBatcher;
  readonly #entries: InboxRepository;
  readonly #counters: CounterRepository;
  readonly #reveal: () => void;
  readonly #obey: (sync: SyncKind) => void;
  readonly #greetAll: () => void;
  #unsubscribe: (() => void) | undefined;

  constructor(parts: MessagingParts) {
    const { owner, database, connection, devices, clock, serverTime, log, random } = parts;
    const self = owner.accountId;
    const chats = new ChatRepository(database);
    const messages = new MessageRepository(database);
    const jobs = new OutboxRepository(database);
    const entries = new InboxRepository(database);
    const receipts = new ReceiptRepository(database);
    const ids = new RandomIds(random);
    const feed = new ChangeFeed({ database, chats, messages, emit: parts.emit });
    const state = new RatchetRepository({ database, identity: owner.identity, onPreKeysUsed: parts.onPreKeysUsed });
    const messenger = new DeviceMessenger({ accountId: self, state, clock: serverTime });
    const access = new AnonymousAccess(chats);
    const claims = new BundleClaim({ access, accountApi: parts.accountApi, anonymousApi: parts.anonymousApi });
    const { certificates } = parts;
    const sealer = new Sealer({ author: owner, messenger, certificates, devices, claims, jobs, ids, serverTime, log });
    const counters = new CounterRepository(database);
    const foreseen = new ForeseenRepository(database);
    const accountState = new AccountStateRepository(database);
    const outbox = new Outbox({
      self,
      deviceId: owner.deviceId,
      devices,
      counters,
      database,
      chats,
      messages,
      jobs,
      feed,
      serverTime,
      ids,
      log,
    });
    const announcer = new Announcer({ database, chats, outbox, clock, serverTime });
    const settings = new AccountSettings({ state: accountState, database, announcer });
    const chatSync = new ChatSync({ self, chats, messages, receipts, foreseen, feed, clock });
    const sync = new SyncReceiver(
      { ...chatSync.handlers, ...accountSyncHandlers({ state: accountState, ...parts.ownAccount }) },
      accountState,
    );
    const line = new OutboxLine({
      self: owner,
      recipients: new Recipients({ self, chats, devices }),
      database,
      messages,
      jobs,
      outbox,
      feed,
      sealer,
      devices,
      connection,
      access,
      clock,
      serverTime,
      log,
    });
    const receiver = new ContentReceiver({
      self,
      devices,
      chats,
      messages,
      receipts,
      foreseen,
      sync,
      feed,
      clock,
    });
    const onReceiptsOwed = () => this.#receipts.poke();
    this.#parts = parts;
    this.#entries = entries;
    this.#counters = counters;
    this.announcer = announcer;
    this.settings = settings;
    this.#sender = new OutboxSender({ jobs, line, connection, clock, log });
    outbox.onWaiting((chatId) => this.#sender.wake(chatId));
    this.#receipts = new ReceiptBatcher({ database, receipts, outbox, clock, log });
    this.#opener = new InboxOpener({
      self,
      deviceId: owner.deviceId,
      messenger,
      trust: parts.trust,
      devices,
      entries,
      chats,
      receiver,
      feed,
      clock,
      log,
      onOpened: onReceiptsOwed,
      onSetAside: parts.onCounts,
    });
    this.#inbox = new Inbox({
      database,
      entries,
      connection,
      clock,
      log,
      onStored: () => this.#opener.open(),
      onSetAside: parts.onCounts,
    });
    const directory = new Directory({ self: owner, api: parts.accountApi });
    this.chats = new Chats({
      self,
      database,
      chats,
      messages,
      receipts,
      foreseen,
      announcer,
      settings,
      outbox,
      feed,
      directory,
      clock,
      onReceiptsOwed,
      onBlocked: parts.ownAccount.onBlocked,
    });
    this.#obey = (said) => {
      for (const chatId of sync.receive(said, serverTime.now())) chats.summarise(chatId);
    };
    this.#greetAll = () => {
      for (const { chatId, standing, blocked } of chats.list()) {
        if (standing === 'accepted' && !blocked) outbox.greet(chatId);
      }
    };
    this.#reveal = () => {
      revealKeptContent({ database, messages, feed });
      sync.reveal(database, (chatId) => chats.summarise(chatId));
    };
  }

  /** Takes up what a stop or a crash left, and begins to send and receive. */
  start(): void {
    const { connection } = this.#parts;
    this.#reveal();
    this.#unsubscribe = connection.onState(({ state }) => {
      if (state === 'online') this.#opener.wake();
    });
    this.#sender.start();
    this.#opener.open();
    this.#receipts.poke();
    connection.start({
      deliver: (envelopes) => this.#inbox.deliver(envelopes),
      mailboxEmpty: async (expired) => {
        if (expired === 0) return;
        this.#counters.add('expired', expired);
        this.#parts.onCounts();
      },
    });
  }

  /** Makes so here what the storage record says. Part of a transaction. */
  takeUp(said: readonly SyncKind[]): void {
    for (const sync of said) this.#obey(sync);
  }

  /** Tells every contact the present profile key. Part of the transaction that replaces it. */
  greet(): void {
    this.#greetAll();
  }

  /** Ends everything that is under way; what is not done is on disk. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#receipts.stop();
    this.announcer.stop();
    await this.#parts.connection.stop();
    await Promise.all([this.#sender.stop(), this.#opener.stop()]);
  }

  /** Received envelopes that are kept unopened. */
  get setAside(): number {
    return this.#entries.countSetAside();
  }

  /** Envelopes that ran out on the server before this device came. */
  get expired(): number {
    return this.#counters.get('expired');
  }
}
