import { BridgeError, type RecoveryKeyView, type RecoveryKitView } from '@sotto/client/bridge';
import {
  deriveRecoveryBlobAccess,
  drawRecoveryKeyGroups,
  isRecoveryKeyGroup,
  recoveryFetchVerifier,
  recoveryKeyGroups,
  recoveryKeyQrText,
  type RandomSource,
  type RecoverySeed,
} from '@sotto/crypto';
import { failureOf } from '../account/failure.js';
import type { AccountRecord, AccountStore } from '../account/types.js';
import { purgeKeys, type WrappedKeys } from '../account/wrapped-keys.js';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore } from '../devices/types.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import { openKeys } from './opened-keys.js';
import type { RecoveryKitStore } from './records.js';
import { recoveryBlobOf } from './sealed-blob.js';

/** SPEC §11.1. */
const ASKED_GROUPS = 2;

export interface RecoveryKitParts {
  readonly accounts: AccountStore;
  readonly wrappedKeys: WrappedKeys;
  readonly pins: DevicePinStore;
  readonly kit: RecoveryKitStore;
  readonly database: Pick<ProfileDatabase, 'atomically' | 'forgetErased'>;
  readonly api: AccountApi;
  /** The newest version of the storage record that this device knows. */
  readonly storageRecordVersion: () => number;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly emit: (recoveryKit: RecoveryKitView) => void;
}

/** The recovery key of a new account: shown until it is on paper, then on paper alone. */
export class RecoveryKit {
  readonly #parts: RecoveryKitParts;

  constructor(parts: RecoveryKitParts) {
    this.#parts = parts;
  }

  view(): RecoveryKitView {
    if (this.#record.keys.wrappedRecoverySeed !== undefined) return { state: 'unconfirmed' };
    const at = this.#parts.kit.confirmedAt();
    return at === undefined ? { state: 'elsewhere' } : { state: 'confirmed', at };
  }

  /** Asks for other groups each time, so that two of them cannot be noted instead of the key. */
  async show(password: string): Promise<RecoveryKeyView> {
    const record = this.#record;
    const { kit, random } = this.#parts;
    return this.#withSeed(record, password, async (seed) => {
      const asked = drawRecoveryKeyGroups(ASKED_GROUPS, random).map((index) => index + 1);
      kit.ask(asked);
      return {
        groups: [...recoveryKeyGroups(seed)],
        qr: recoveryKeyQrText(seed),
        username: record.username,
        server: record.server.origin,
        asked,
      };
    });
  }

  /** The blob goes to the server first: paper that opens nothing would be worse than a key that is still here. */
  async confirm(password: string, groups: readonly string[]): Promise<RecoveryKitView> {
    const record = this.#record;
    await this.#withSeed(record, password, async (seed) => {
      const asked = this.#parts.kit.asked();
      const isRight =
        asked.length > 0 &&
        asked.length === groups.length &&
        asked.every((number, at) => isRecoveryKeyGroup(seed, number - 1, groups[at] ?? ''));
      if (!isRight) throw new BridgeError('kitGroupsDiffer');
      await this.#upload(record, seed);
    });
    this.#erase();
    return this.view();
  }

  async #upload(record: AccountRecord, seed: RecoverySeed): Promise<void> {
    const { api, pins, storageRecordVersion, random } = this.#parts;
    const pin = pins.find(record.accountId);
    if (pin === undefined) throw new Error('the own device list is not pinned');
    const access = deriveRecoveryBlobAccess(seed);
    const { place } = headOf(pin);
    const content = { ...record.keys, place, storageRecordVersion: storageRecordVersion() };
    const answer = await api.call('putRecoveryBlob', {
      body: {
        access: { blobId: access.blobId, fetchSecretHash: recoveryFetchVerifier(access.fetchSecret) },
        blob: recoveryBlobOf(record, content, random),
      },
    });
    access.fetchSecret.purge();
    if (answer.outcome === 'ok') return;
    const { code, params } = failureOf(answer).failure;
    throw new BridgeError(code, params);
  }

  #erase(): void {
    const { accounts, kit, database, clock } = this.#parts;
    database.atomically(() => {
      const record = this.#record;
      accounts.save({ ...record, keys: { ...record.keys, wrappedRecoverySeed: undefined } });
      kit.confirm(clock.now());
    });
    database.forgetErased();
    this.#parts.emit(this.view());
  }

  async #withSeed<T>(record: AccountRecord, password: string, use: (seed: RecoverySeed) => Promise<T>): Promise<T> {
    const wrapped = record.keys.wrappedRecoverySeed;
    if (wrapped === undefined) throw new BridgeError('kitConfirmed');
    const { wrappedKeys } = this.#parts;
    const keys = await openKeys(wrappedKeys, password);
    const seed = wrappedKeys.unwrapSeed(wrapped, keys);
    purgeKeys(keys);
    if (seed === undefined) throw new Error('the stored recovery seed cannot be opened');
    try {
      return await use(seed);
    } finally {
      seed.purge();
    }
  }

  get #record(): AccountRecord {
    const record = this.#parts.accounts.find();
    if (record?.phase !== 'registered') throw new BridgeError('noAccount');
    return record;
  }
}
