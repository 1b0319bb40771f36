import type { CoreEvent, HistoryView } from '@sotto/client/bridge';
import type { RandomSource } from '@sotto/crypto';
import type { AccountId } from '@sotto/protocol/ids';
import { ChangeFeed } from '../chats/change-feed.js';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import { revealKeptContent } from '../messaging/kept-content.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi } from '../net/types.js';
import { AccountStateRepository } from '../storage/account-state-repository.js';
import { ArchiveRepository } from '../storage/archive-repository.js';
import { ChatRepository } from '../storage/chat-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { DevicePinRepository } from '../storage/device-pin-repository.js';
import { ForeseenRepository } from '../storage/foreseen-repository.js';
import { HistoryExportRepository, HistoryImportRepository } from '../storage/history-repository.js';
import { MessageRepository } from '../storage/message-repository.js';
import { ReceiptRepository } from '../storage/receipt-repository.js';
import { accountSyncHandlers } from '../sync/account-sync.js';
import { ChatSync } from '../sync/chat-sync.js';
import { ContactEntries, PinEntries, SettingEntries } from './account-entries.js';
import { ChatEntries } from './chat-entries.js';
import { EntrySource } from './entry-source.js';
import { EntryWriter } from './entry-writer.js';
import { HistoryExports } from './history-exports.js';
import { HistoryImports } from './history-imports.js';
import { MessageEntries } from './message-entries.js';

export interface HistoryParts {
  readonly self: AccountId;
  readonly database: ProfileDatabase;
  readonly devices: PeerDevices;
  readonly api: AccountApi;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly log: CoreLog;
  readonly emit: (event: CoreEvent) => void;
  /** A setting of the account has changed. */
  readonly onChange: () => void;
}

const ignored = (): void => undefined;

/** The history of the account as archives hold it, on its way to other devices and from them: the composition of this folder. */
export class History {
  readonly exports: HistoryExports;
  readonly source: EntrySource;
  readonly writer: EntryWriter;
  readonly newestMessage: () => number;
  readonly #imports: HistoryImports;
  readonly #emit: (event: CoreEvent) => void;

  constructor(parts: HistoryParts) {
    const { self, database, devices, api, random, clock, log } = parts;
    const archive = new ArchiveRepository(database);
    const chats = new ChatRepository(database);
    const messages = new MessageRepository(database);
    const foreseen = new ForeseenRepository(database);
    const state = new AccountStateRepository(database);
    const feed = new ChangeFeed({ database, chats, messages, emit: parts.emit });
    const receipts = new ReceiptRepository(database);
    const chatSync = new ChatSync({ self, chats, messages, receipts, foreseen, feed, clock });
    const accountSync = accountSyncHandlers({
      state,
      onKeys: ignored,
      onStorageRecord: ignored,
      onChange: parts.onChange,
    });
    this.source = new EntrySource({
      setting: new SettingEntries({ state, handlers: accountSync }),
      chat: new ChatEntries({ archive, chats, feed }),
      contact: new ContactEntries({ archive, chats, handlers: chatSync.handlers }),
      pin: new PinEntries({ archive, pins: new DevicePinRepository(database), devices }),
      message: new MessageEntries({ self, archive, chats, messages, foreseen, feed }),
    });
    this.writer = new EntryWriter({ database, source: this.source, chats });
    this.newestMessage = () => archive.newestRow();
    this.#emit = parts.emit;
    const onProgress = () => this.#tell();
    const shared = { self, database, api, clock, log, onProgress };
    this.exports = new HistoryExports({
      ...shared,
      exports: new HistoryExportRepository(database),
      source: this.source,
      newestMessage: this.newestMessage,
      random,
    });
    this.#imports = new HistoryImports({
      ...shared,
      imports: new HistoryImportRepository(database),
      writer: this.writer,
      onFinished: () => revealKeptContent({ database, messages, feed }),
    });
  }

  /** Goes on with what a stop or a crash has left. */
  start(): void {
    this.#imports.start();
    this.exports.start();
  }

  view(): HistoryView | undefined {
    const [coming, going] = [this.#imports.view(), this.exports.view()];
    return coming !== undefined && (coming.state !== 'finished' || going === undefined) ? coming : going;
  }

  retry(): void {
    this.#imports.retry();
    this.exports.retry();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#imports.stop(), this.exports.stop()]);
  }

  #tell(): void {
    const history = this.view();
    this.#emit({ type: 'history', ...(history === undefined ? {} : { history }) });
  }
}
