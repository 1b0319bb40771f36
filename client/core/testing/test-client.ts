import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent, MessageView } from '@sotto/client/bridge';
import {
  IdentityPrivateKey,
  identityKeyPairOf,
  parseRegistrationId,
  systemRandom,
  type NewAccount,
  type SignedDeviceList,
} from '@sotto/crypto';
import type { AccountKeyRotation } from '@sotto/protocol/content';
import { idBytes, type AccountId, type DeviceId, type MessageId } from '@sotto/protocol/ids';
import { SenderCertificates } from '../account/sender-certificates.js';
import { ServerTime } from '../account/server-time.js';
import { adoptKeys } from '../account/adopt-keys.js';
import { ServerTrust } from '../account/server-trust.js';
import type { AccountRecord } from '../account/types.js';
import { ListFetch } from '../devices/list-fetch.js';
import { OwnDeviceStanding } from '../devices/own-standing.js';
import { PinnedDevices } from '../devices/pinned-devices.js';
import type { CoreLog, LogEvent } from '../log.js';
import { Messaging } from '../messaging/messaging.js';
import { until } from './until.js';
import { ManualClock } from '../net/testing/manual-clock.js';
import type { AccountApi, AnonymousApi, CallResult } from '../net/types.js';
import { devicesEvent } from '../own-devices/device-views.js';
import { AccountUpkeep } from '../own-devices/account-upkeep.js';
import { RecordedPins } from '../own-devices/recorded-pins.js';
import { AccountRepository } from '../storage/account-repository.js';
import { ProfileDatabase } from '../storage/database.js';
import { DevicePinRepository } from '../storage/device-pin-repository.js';
import { StorageRecordRepository } from '../storage/storage-record-repository.js';
import { FakeConnection } from './fake-connection.js';
import type { FakeServer } from './fake-server.js';
import { named, newMessageId } from './known-values.js';
import { linkDevice, newAccount, registerAccount } from './test-account.js';
import { temporaryFolder } from './temporary-profile.js';
import { wrappedKeysOf } from './wrapped-keys.js';

const KEY = new Uint8Array(32).fill(7);

const databasePath = (folder: string) => join(folder, 'sotto.db');

/** The messaging of one device on a real database, on the server in memory; it can crash and come back. */
export class TestClient {
  readonly events: CoreEvent[] = [];
  readonly log: LogEvent[] = [];
  /** Called at every logged point, in the middle of the work. */
  onLog: (event: LogEvent) => void = () => undefined;
  preKeysUsed = 0;
  readonly rotations: AccountKeyRotation[] = [];
  readonly recordVersions: number[] = [];
  connection: FakeConnection;
  messaging: Messaging;
  upkeep: AccountUpkeep;
  database: ProfileDatabase;
  devices: PinnedDevices;

  private constructor(
    readonly server: FakeServer,
    readonly record: AccountRecord,
    readonly clock: ManualClock,
    public folder: string,
  ) {
    ({
      connection: this.connection,
      messaging: this.messaging,
      upkeep: this.upkeep,
      database: this.database,
      devices: this.devices,
    } = this.#open());
  }

  /** A person with one device, registered. */
  static register(server: FakeServer, name: string, account = newAccount(server)): Promise<TestClient> {
    return TestClient.#begin(server, (database) => registerAccount(server, named(name), { account, database }));
  }

  /** The account as the disk has it now. */
  get present(): AccountRecord {
    return new AccountRepository(this.database).find() ?? this.record;
  }

  /** Another device of the same person, named by the list that the server gets with it. */
  static link(first: TestClient, account: NewAccount, list: SignedDeviceList): Promise<TestClient> {
    const { server } = first;
    return TestClient.#begin(server, (database) => linkDevice(server, first.present, { account, database, list }));
  }

  static async #begin(server: FakeServer, make: (database: ProfileDatabase) => AccountRecord): Promise<TestClient> {
    const folder = temporaryFolder();
    const database = ProfileDatabase.open(databasePath(folder), KEY);
    const record = make(database);
    database.close();
    const client = new TestClient(server, record, new ManualClock(), folder);
    const pinned = await client.devices.refresh(record.accountId);
    if (pinned.outcome !== 'ok') throw new Error(`the own list does not verify: ${pinned.outcome}`);
    client.upkeep.start();
    client.messaging.start();
    await client.online();
    return client;
  }

  get accountId(): AccountId {
    return this.record.accountId;
  }

  get deviceId(): DeviceId {
    return this.record.deviceId;
  }

  online(): Promise<unknown> {
    return until(() => this.connection.state.state === 'online');
  }

  /** Finds another client's person and opens the chat with them. */
  async meet(other: TestClient): Promise<void> {
    await this.messaging.chats.start(other.record.username);
  }

  send(other: TestClient, text: string, messageId: MessageId = newMessageId()): MessageId {
    this.messaging.chats.sendText(other.accountId, messageId, text);
    return messageId;
  }

  /** Sends a text and waits until the other client shows it. */
  async says(other: TestClient, text: string): Promise<MessageId> {
    const messageId = this.send(other, text);
    await until(() => other.texts(this, 'peer').includes(text));
    return messageId;
  }

  /** Waits until the last own message of the chat has come this far. */
  async hasState(other: TestClient, state: string): Promise<void> {
    await until(() => {
      const own = this.messages(other).filter(({ author }) => author === 'self');
      return own.at(-1)?.delivery?.state === state;
    });
  }

  /** All messages of the chat with another client, oldest first. */
  messages(other: TestClient): MessageView[] {
    const views: MessageView[] = [];
    if (!this.messaging.chats.list().some(({ chatId }) => chatId === other.accountId)) return views;
    for (;;) {
      const page = this.messaging.chats.page({
        chatId: other.accountId,
        limit: 200,
        ...(views[0] === undefined ? {} : { before: views[0].cursor }),
      });
      views.unshift(...page.messages.toReversed());
      if (!page.more) return views;
    }
  }

  /** How many texts of the other person are here; cheap enough to be asked all the time. */
  received(other: TestClient): number {
    const row = this.database.get('SELECT count(*) AS count FROM message WHERE own = 0 AND chat_id = ?', [
      idBytes(other.accountId),
    ]);
    return Number(row?.['count']);
  }

  /** How many own messages in the chat have come exactly this far. */
  inState(other: TestClient, state: string): number {
    const row = this.database.get('SELECT count(*) AS count FROM message WHERE own = 1 AND chat_id = ? AND state = ?', [
      idBytes(other.accountId),
      state,
    ]);
    return Number(row?.['count']);
  }

  /** The texts of the chat, oldest first. */
  texts(other: TestClient, author?: 'self' | 'peer'): string[] {
    return this.messages(other).flatMap((message) =>
      message.body.kind === 'text' && (author === undefined || message.author === author) ? [message.body.text] : [],
    );
  }

  delivery(other: TestClient, messageId: MessageId): string | undefined {
    return this.messages(other).find((message) => message.messageId === messageId)?.delivery?.state;
  }

  chat(other: TestClient) {
    return this.messaging.chats.list().find(({ chatId }) => chatId === other.accountId);
  }

  /** Stops in an orderly way and starts again on the same data. */
  async restart(): Promise<void> {
    await this.messaging.stop();
    await this.upkeep.stop();
    this.database.close();
    this.#reopen(this.folder);
    await this.online();
  }

  /**
   * Ends as `kill -9` would at this very moment: the disk is kept as it is now, everything later happens in vain. The
   * returned function starts the client again on that disk.
   */
  crash(): () => Promise<void> {
    const goBack = this.copy();
    this.connection.kill();
    return goBack;
  }

  /** Copies the disk as it is now. The returned function puts the client back onto that copy. */
  copy(): () => Promise<void> {
    const disk = temporaryFolder();
    cpSync(this.folder, disk, { recursive: true });
    return async () => {
      await this.messaging.stop();
      await this.upkeep.stop();
      this.database.close();
      rmSync(this.folder, { recursive: true, force: true });
      this.#reopen(disk);
      await this.online();
    };
  }

  async stop(): Promise<void> {
    await this.messaging.stop();
    await this.upkeep.stop();
    this.database.close();
  }

  #reopen(folder: string): void {
    this.folder = folder;
    ({
      connection: this.connection,
      messaging: this.messaging,
      upkeep: this.upkeep,
      database: this.database,
      devices: this.devices,
    } = this.#open());
    this.upkeep.start();
    this.messaging.start();
  }

  #open() {
    const { record, server, clock } = this;
    const database = ProfileDatabase.open(databasePath(this.folder), KEY);
    const connection = new FakeConnection(server, record.deviceId);
    const call = async (route: never, input: unknown, caller?: DeviceId): Promise<CallResult<never>> => {
      await new Promise((resolve) => setImmediate(resolve));
      return connection.isCut ? { outcome: 'away', reason: 'unreachable' } : server.call(route, input, caller);
    };
    const anonymousApi = { call: (route: never, input: unknown) => call(route, input) } as unknown as AnonymousApi;
    const accountApi = {
      call: (route: never, input: unknown) => call(route, input, record.deviceId),
    } as unknown as AccountApi;
    const accounts = new AccountRepository(database);
    const trust = new ServerTrust(accounts, anonymousApi, clock);
    const pins = new DevicePinRepository(database);
    const recorded = new RecordedPins(new StorageRecordRepository(database));
    const devices = new PinnedDevices({
      pins,
      lists: new ListFetch({ api: anonymousApi, pins, recorded, receiptKeys: trust, clock }),
      clock,
    });
    const registrationId = parseRegistrationId(record.registrationId);
    if (registrationId === undefined) throw new Error('bad test data');
    const identity = {
      deviceId: record.deviceId,
      registrationId,
      identityKeyPair: identityKeyPairOf(IdentityPrivateKey.of(record.keys.identityKeyPair)),
    };
    const serverTime = new ServerTime(clock);
    serverTime.observe(server.now());
    const log: CoreLog = (event) => {
      this.log.push(event);
      this.onLog(event);
    };
    const messaging = new Messaging({
      owner: { ...record, profileKey: () => accounts.find()?.keys.profileKey ?? record.keys.profileKey, identity },
      database,
      connection,
      accountApi,
      anonymousApi,
      devices,
      certificates: new SenderCertificates({ api: accountApi, identity, trust, serverTime }),
      trust,
      clock,
      serverTime,
      random: systemRandom,
      log,
      emit: (event) => this.events.push(event),
      onPreKeysUsed: () => {
        this.preKeysUsed += 1;
      },
      ownAccount: {
        onKeys: (rotation) => {
          this.rotations.push(rotation);
          adoptKeys(accounts, rotation);
          upkeep.noteKeys();
        },
        onStorageRecord: (version) => {
          this.recordVersions.push(version);
          upkeep.noteRecord(version);
        },
        onChange: () => database.afterCommit(() => upkeep.devices.look()),
        onBlocked: () => upkeep.noteBlocked(),
      },
      onCounts: () => undefined,
    });
    const standing = new OwnDeviceStanding(record, { devices, pins });
    // As the link to the server does with the hint that the list has changed.
    connection.onNotice((topic) => {
      if (topic === 'deviceList') void standing.check();
    });
    const upkeep: AccountUpkeep = new AccountUpkeep({
      self: record,
      wrappedKeys: wrappedKeysOf(database, () => upkeep.noteEarlierKey()),
      api: accountApi,
      random: systemRandom,
      emit: (view, appeared) => this.events.push(devicesEvent(view, appeared)),
      onLeft: () => connection.cut(),
      ...{ database, accounts, pins, devices, standing, connection, messaging, clock, log },
    });
    return { connection, messaging, upkeep, database, devices };
  }
}
