import { join } from 'node:path';
import type { AppView, CoreEvent } from '@sotto/client/bridge';
import type { RandomSource } from '@sotto/crypto';
import { AccountService } from './account/account-service.js';
import { judgePassword } from './account/password-rules.js';
import type { ServerLink, ServerLinkEvent } from './account/server-link.js';
import type { AccountRecord, OwnAccount } from './account/types.js';
import { WrappedKeys } from './account/wrapped-keys.js';
import { AccountPage } from './account-page/account-page.js';
import { PasswordReset } from './account-page/password-reset.js';
import { Joining } from './linking/joining.js';
import { LinkOffers } from './linking/link-offers.js';
import { HistoryOffers } from './history/history-imports.js';
import { History } from './history/history.js';
import { HistoryImportRepository } from './storage/history-repository.js';
import { parseNewPassword } from './account/new-password.js';
import { withApi } from './net/with-api.js';
import { AccountCare } from './recovery/account-care.js';
import { Recovery } from './recovery/recovery.js';
import { StorageRecordRepository } from './storage/storage-record-repository.js';
import { KeyRotationRepository } from './storage/key-rotation-repository.js';
import { RecoveryRepository } from './storage/recovery-repository.js';
import { Backups } from './backup/backups.js';
import { TransferFolder } from './backup/transfer-folder.js';
import type { CoreLog } from './log.js';
import { Search } from './search/search.js';
import { Messaging } from './messaging/messaging.js';
import { AnonymousRest } from './net/anonymous-rest.js';
import type { Clock } from './net/clock.js';
import { HttpTransport } from './net/http-transport.js';
import { devicesEvent } from './own-devices/device-views.js';
import { AccountUpkeep } from './own-devices/account-upkeep.js';
import { RecordedPins } from './own-devices/recorded-pins.js';
import { AccountStateRepository } from './storage/account-state-repository.js';
import { AccountRepository } from './storage/account-repository.js';
import type { ProfileDatabase } from './storage/database.js';
import { DevicePinRepository } from './storage/device-pin-repository.js';
import { EarlierPasswordKeyRepository } from './storage/earlier-password-key-repository.js';
import { LinkJoinRepository } from './storage/link-join-repository.js';
import { LinkOfferRepository } from './storage/link-offer-repository.js';
import { PreKeyRepository } from './storage/pre-key-repository.js';

interface OpenProfileParts {
  readonly database: ProfileDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly profileFolder: string;
  readonly log: CoreLog;
  readonly emit: (event: CoreEvent) => void;
}

/** An account at work: its link to the server and its messages. */
export interface Running {
  readonly account: OwnAccount;
  readonly link: ServerLink;
  readonly messaging: Messaging;
  readonly linking: LinkOffers;
  readonly history: History;
  readonly care: AccountCare;
  readonly backups: Backups;
  readonly upkeep: AccountUpkeep;
  readonly page: AccountPage;
  readonly search: Search;
}

const describe = (event: ServerLinkEvent): string => ('where' in event ? `${event.event}.${event.where}` : event.event);

/** A profile whose database is open: its account, if it has one, and everything that works for it. */
export class OpenProfile {
  readonly accounts: AccountService;
  readonly joining: Joining;
  readonly recovery: Recovery;
  readonly passwordReset: PasswordReset;
  readonly #wrappedKeys: WrappedKeys;
  readonly #transfers: TransferFolder;
  readonly #parts: OpenProfileParts;
  #running: Running | undefined;

  constructor(parts: OpenProfileParts) {
    const { database, clock, random, log } = parts;
    this.#parts = parts;
    const accounts = new AccountRepository(database);
    this.#wrappedKeys = new WrappedKeys({
      accounts,
      earlier: new EarlierPasswordKeyRepository(database),
      atomically: database.atomically,
      onEarlierKey: () => this.#running?.upkeep.noteEarlierKey(),
      ...{ random, clock },
    });
    this.passwordReset = new PasswordReset(() => accounts.find());
    this.accounts = new AccountService({
      accounts,
      wrappedKeys: this.#wrappedKeys,
      pins: new DevicePinRepository(database),
      preKeys: new PreKeyRepository(database),
      recorded: new RecordedPins(new StorageRecordRepository(database)),
      atomically: database.atomically,
      random,
      clock,
      judgePassword,
      log: (event) => log('connection', { code: describe(event) }),
    });
    this.joining = this.#joining();
    this.#transfers = new TransferFolder(join(parts.profileFolder, 'transfers'));
    this.recovery = this.#recovery();
  }

  /** Begins to work for the account, as soon as there is one. Harmless when that has happened. */
  start(): void {
    const account = this.accounts.find();
    const { link } = this.accounts;
    if (this.#running !== undefined || account === undefined || link === undefined) return;
    const messaging = this.#messagingOf(account, link);
    const history = this.#historyOf(account, link);
    const linking = this.#linkingOf(link, history);
    const care = this.#careOf(link);
    const backups = this.#backupsOf(account, history);
    const upkeep = this.#upkeepOf(account, link, messaging);
    const page = this.#pageOf(link);
    const search = new Search(this.#parts);
    search.start();
    this.#running = { account, link, messaging, linking, history, care, backups, upkeep, page, search };
    link.connection.onState(() => this.tell());
    upkeep.start();
    messaging.start();
    linking.resume();
    history.start();
    care.start();
    this.tell();
  }

  /** Takes up a registration, a link or a recovery that a crash or a lost answer has left open. */
  async resume(): Promise<void> {
    this.joining.resume();
    this.recovery.resume();
    await this.accounts.resumeRegistration();
    this.start();
  }

  get running(): Running | undefined {
    return this.#running;
  }

  view(): AppView {
    if (this.#running === undefined) return { phase: 'noAccount' };
    const { account, link, messaging } = this.#running;
    return {
      phase: 'ready',
      account: { accountId: account.accountId, username: account.username, server: account.server.origin },
      connection: link.connection.state,
      setAside: messaging.setAside,
      expired: messaging.expired,
    };
  }

  tell(): void {
    this.#parts.emit({ type: 'app', app: this.view() });
  }

  async close(): Promise<void> {
    await this.joining.stop();
    await this.#running?.linking.stop();
    await this.recovery.stop();
    await this.#running?.search.stop();
    this.#running?.backups.stop();
    await this.#running?.care.stop();
    await this.#running?.history.stop();
    await this.#running?.messaging.stop();
    await this.#running?.upkeep.stop();
    await this.accounts.close();
  }

  #joining(): Joining {
    const { database, clock, random, log, emit } = this.#parts;
    return new Joining({
      joins: new LinkJoinRepository(database),
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      preKeys: new PreKeyRepository(database),
      names: new AccountStateRepository(database),
      history: new HistoryOffers(new HistoryImportRepository(database), clock),
      atomically: database.atomically,
      connect: (origin) => {
        const transport = new HttpTransport(origin);
        return { api: new AnonymousRest(transport), close: () => transport.close() };
      },
      emit: (join) => emit({ type: 'join', join }),
      onJoined: (grant) => {
        if (grant !== undefined) this.accounts.link?.signedIn(grant);
        this.start();
      },
      ...{ clock, random, log },
    });
  }

  #recovery(): Recovery {
    const { database, clock, random, log, emit } = this.#parts;
    return new Recovery({
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      preKeys: new PreKeyRepository(database),
      names: new AccountStateRepository(database),
      recoveries: new RecoveryRepository(database),
      rotations: new KeyRotationRepository(database),
      atomically: database.atomically,
      withApi,
      parseNewPassword,
      emit: (recovery) => emit({ type: 'recovery', recovery }),
      onRecovered: (grant) => {
        this.accounts.link?.signedIn(grant);
        this.start();
      },
      ...{ clock, random, log },
    });
  }

  #pageOf({ account: api, identified: anonymous }: ServerLink): AccountPage {
    const accounts = new AccountRepository(this.#parts.database);
    const record = (): AccountRecord => {
      const found = accounts.find();
      if (found === undefined) throw new Error('there is no account');
      return found;
    };
    return new AccountPage({ record, wrappedKeys: this.#wrappedKeys, api, anonymous });
  }

  #linkingOf({ account, devices, standing }: ServerLink, { exports }: History): LinkOffers {
    const { database, clock, random, log, emit } = this.#parts;
    return new LinkOffers({
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      offers: new LinkOfferRepository(database),
      atomically: database.atomically,
      api: account,
      storageRecord: () => this.#storageRecordPlace(),
      history: exports,
      wrappedKeys: this.#wrappedKeys,
      emit: (linkOffer) => emit({ type: 'linkOffer', linkOffer }),
      ...{ devices, standing, clock, random, log },
    });
  }

  #storageRecordPlace() {
    const { version, hash } = new StorageRecordRepository(this.#parts.database).get();
    return { version, hash };
  }

  #careOf(link: ServerLink): AccountCare {
    const { database, clock, random, log, emit } = this.#parts;
    const storageRecordVersion = () => this.accounts.find()?.keys.keysVersion ?? 0;
    const wrappedKeys = this.#wrappedKeys;
    return new AccountCare({ database, link, wrappedKeys, storageRecordVersion, ...{ random, clock, log, emit } });
  }

  #backupsOf(account: OwnAccount, { source, writer, newestMessage }: History): Backups {
    const { random, clock } = this.#parts;
    const parseNewPassphrase = (typed: string) => parseNewPassword(typed, [account.username]);
    const folder = this.#transfers;
    return new Backups({ account, source, writer, newestMessage, folder, parseNewPassphrase, random, clock });
  }

  #historyOf({ accountId }: OwnAccount, { account, devices }: ServerLink): History {
    const { database, clock, random, log } = this.#parts;
    const onChange = () => database.afterCommit(() => this.tell());
    const emit = (event: CoreEvent): void => {
      this.#parts.emit(event);
      this.#running?.linking.tellHistory();
    };
    return new History({ self: accountId, api: account, devices, onChange, ...{ database, clock, random, log, emit } });
  }

  #messagingOf({ accountId, username, deviceId }: OwnAccount, link: ServerLink): Messaging {
    const { database, clock, random, log, emit } = this.#parts;
    return new Messaging({
      owner: { accountId, username, deviceId, identity: link.identity, profileKey: () => this.accounts.profileKey },
      database,
      connection: link.connection,
      accountApi: link.account,
      anonymousApi: link.anonymous,
      devices: link.devices,
      certificates: link.senderCertificates,
      trust: link.trust,
      clock,
      serverTime: link.serverTime,
      random,
      log,
      emit,
      onPreKeysUsed: () => {
        link.preKeys.run().catch(() => log('failed', { code: 'preKeys' }));
      },
      ownAccount: {
        onKeys: (rotation) => {
          this.accounts.adoptKeys(rotation);
          this.#running?.upkeep.noteKeys();
        },
        onStorageRecord: (version) => this.#running?.upkeep.noteRecord(version),
        onChange: () => database.afterCommit(() => this.#running?.upkeep.devices.look()),
        onBlocked: () => this.#running?.upkeep.noteBlocked(),
      },
      onCounts: () => this.tell(),
    });
  }

  #upkeepOf({ accountId, deviceId }: OwnAccount, link: ServerLink, messaging: Messaging): AccountUpkeep {
    const { database, clock, random, log, emit } = this.#parts;
    const { devices, standing, connection } = link;
    return new AccountUpkeep({
      self: { accountId, deviceId },
      accounts: new AccountRepository(database),
      wrappedKeys: this.#wrappedKeys,
      pins: new DevicePinRepository(database),
      api: link.account,
      emit: (view, appeared) => emit(devicesEvent(view, appeared)),
      onLeft: () => link.left(),
      ...{ database, devices, standing, connection, messaging, clock, random, log },
    });
  }
}
