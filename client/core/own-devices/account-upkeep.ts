import type { DevicesView } from '@sotto/client/bridge';
import type { RandomSource } from '@sotto/crypto';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { adoptKeys } from '../account/adopt-keys.js';
import type { AccountStore } from '../account/types.js';
import type { WrappedKeys } from '../account/wrapped-keys.js';
import type { DevicePinStore, OwnStanding, PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Messaging } from '../messaging/messaging.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi, Connection } from '../net/types.js';
import { AccountStateRepository } from '../storage/account-state-repository.js';
import { ChatRepository } from '../storage/chat-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { EarlierPasswordKeyRepository } from '../storage/earlier-password-key-repository.js';
import { KeyRotationRepository } from '../storage/key-rotation-repository.js';
import { SeenDeviceRepository } from '../storage/seen-device-repository.js';
import { StorageRecordRepository } from '../storage/storage-record-repository.js';
import { KeyReplacement } from './key-replacement.js';
import { OwnDevices } from './own-devices.js';
import { RecordedPins } from './recorded-pins.js';
import { RecoverySeal } from './recovery-seal.js';
import { RecordExchange } from './record-exchange.js';
import { StorageRecordUpkeep } from './storage-record-upkeep.js';
import { Unlinking } from './unlinking.js';
import type { UpkeepEnd } from './upkeep-end.js';
import { UpkeepLoop } from './upkeep-loop.js';

/** Changes that come one after the other are written together. */
const WRITE_PAUSE_MS = 3_000;

export interface AccountUpkeepParts {
  readonly self: { readonly accountId: AccountId; readonly deviceId: DeviceId };
  readonly database: ProfileDatabase;
  readonly accounts: AccountStore;
  readonly wrappedKeys: WrappedKeys;
  readonly pins: DevicePinStore;
  readonly devices: PeerDevices;
  readonly standing: OwnStanding;
  readonly api: AccountApi;
  readonly connection: Connection;
  readonly messaging: Messaging;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: CoreLog;
  readonly emit: (devices: DevicesView, appeared: readonly DeviceId[]) => void;
  /** This device has taken itself off the list. */
  readonly onLeft: () => void;
}

/** Everything about the account that its devices share beside messages: the composition of this folder. */
export class AccountUpkeep {
  readonly devices: OwnDevices;
  readonly unlinking: Unlinking;
  readonly #parts: AccountUpkeepParts;
  readonly #records: StorageRecordRepository;
  readonly #replacement: KeyReplacement;
  readonly #upkeep: StorageRecordUpkeep;
  readonly #loop: UpkeepLoop;
  readonly #ends: (() => void)[] = [];

  constructor(parts: AccountUpkeepParts) {
    const { self, database, accounts, pins, api, connection, messaging, clock, log } = parts;
    const state = new AccountStateRepository(database);
    const rotations = new KeyRotationRepository(database);
    const adopt = (rotation: Parameters<typeof adoptKeys>[1]): void => adoptKeys(accounts, rotation);
    this.#parts = parts;
    this.#records = new StorageRecordRepository(database);
    this.#replacement = new KeyReplacement({ ...parts, rotations, seal: new RecoverySeal(parts), adoptKeys: adopt });
    this.#upkeep = new StorageRecordUpkeep({
      self: self.accountId,
      database,
      records: this.#records,
      sources: {
        chats: new ChatRepository(database),
        earlier: new EarlierPasswordKeyRepository(database),
        devices: parts.devices,
        ...{ state, pins },
      },
      exchange: new RecordExchange({ accountId: self.accountId, api, random: parts.random }),
      messaging,
      replacement: this.#replacement,
      keys: () => this.#keys,
      adoptKeys: adopt,
      log,
    });
    this.#loop = new UpkeepLoop({
      clock,
      isOnline: () => connection.state.state === 'online',
      work: (wanted) => this.#work(wanted),
      onFailure: () => log('failed', { code: 'upkeep' }),
    });
    this.devices = new OwnDevices({
      ...parts,
      state,
      seen: new SeenDeviceRepository(database),
      announcer: messaging.announcer,
      onDeviceLeft: () => this.#beginRotation({ grace: true }),
    });
    this.unlinking = new Unlinking({
      ...parts,
      rotations,
      replacement: this.#replacement,
      onRotation: () => this.#loop.wake(),
    });
  }

  /** Before the connection begins: what a device finds on the list at its very start is known to it. */
  start(): void {
    const { self, connection, devices, messaging, log } = this.#parts;
    messaging.announcer.onSlowChange(() => this.#noteChange());
    this.devices.start();
    this.#ends.push(
      devices.onLooked((accountId, { gaveBack }) => {
        if (accountId === self.accountId) {
          this.devices.look();
          if (gaveBack) this.#repeatKeys();
        }
        // The next device is to believe no other account under this id: not only once something else has changed.
        else if (this.#isMissedInRecord(accountId)) this.#noteChange();
      }),
      connection.onNotice((topic) => {
        if (topic === 'storageRecord') this.#loop.wake({ fetch: true });
      }),
      connection.onState(({ state }) => {
        if (state !== 'online') return;
        this.#loop.wake({ fetch: true });
        this.unlinking.resume().catch(() => log('failed', { code: 'unlinking' }));
      }),
    );
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    this.devices.stop();
    await this.#loop.stop();
  }

  /** Another own device says that the record has this version. Part of a transaction. */
  noteRecord(version: number): void {
    if (version > this.#records.get().version) this.#fetchAfterCommit();
  }

  /** Another own device has replaced the keys: what could not be read before can be now. Part of a transaction. */
  noteKeys(): void {
    this.#fetchAfterCommit();
  }

  /** There is another earlier password key. Part of a transaction. */
  noteEarlierKey(): void {
    this.#noteChange();
  }

  /** Somebody was blocked, who knows the present keys. Part of the transaction. */
  noteBlocked(): void {
    this.#beginRotation({ grace: false });
  }

  get #keys() {
    const record = this.#parts.accounts.find();
    if (record === undefined) throw new Error('there is no account');
    return record.keys;
  }

  async #work(wanted: { readonly fetch: boolean }): Promise<UpkeepEnd> {
    if (!this.#parts.standing.isListed) return 'done';
    const record = await this.#upkeep.run(wanted);
    const finished = await this.#replacement.finish();
    return record === 'done' ? finished : record;
  }

  #beginRotation(how: { readonly grace: boolean }): void {
    this.#replacement.begin(how);
    this.#parts.database.afterCommit(() => this.#loop.wake());
  }

  #repeatKeys(): void {
    this.#replacement.repeat(this.#keys);
    this.#loop.wake();
  }

  /** Somebody of the chats whom this device has met, and whom the record does not say yet. */
  #isMissedInRecord(accountId: AccountId): boolean {
    const { pins, database } = this.#parts;
    if (pins.find(accountId) === undefined || !new ChatRepository(database).has(accountId)) return false;
    return new RecordedPins(this.#records).find(accountId) === undefined;
  }

  #noteChange(): void {
    this.#records.noteChange();
    this.#parts.database.afterCommit(() => this.#loop.wakeAfter(WRITE_PAUSE_MS));
  }

  #fetchAfterCommit(): void {
    this.#parts.database.afterCommit(() => this.#loop.wake({ fetch: true }));
  }
}
