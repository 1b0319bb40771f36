import type { RandomSource } from '@sotto/crypto';
import type { AccountId } from '@sotto/protocol/ids';
import type { AccountStore } from '../account/types.js';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore, PeerDevices } from '../devices/types.js';
import type { AccountApi } from '../net/types.js';
import { recoveryBlobOf } from '../recovery/sealed-blob.js';
import type { UpkeepEnd } from './upkeep-end.js';

export interface RecoverySealParts {
  readonly self: { readonly accountId: AccountId };
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly pins: Pick<DevicePinStore, 'find'>;
  readonly devices: Pick<PeerDevices, 'refresh'>;
  readonly api: AccountApi;
  readonly random: RandomSource;
}

/** Keeps what the printed recovery key opens in step with the keys of the account. */
export class RecoverySeal {
  readonly #parts: RecoverySealParts;

  constructor(parts: RecoverySealParts) {
    this.#parts = parts;
  }

  async renew(): Promise<UpkeepEnd> {
    const { self, accounts, pins, devices, api, random } = this.#parts;
    const record = accounts.find();
    const pin = pins.find(self.accountId);
    if (record === undefined || pin === undefined) throw new Error('there is no account');
    const { place } = headOf(pin);
    const content = { ...record.keys, place, storageRecordVersion: record.keys.keysVersion };
    const answer = await api.call('putRecoveryBlob', { body: { blob: recoveryBlobOf(record, content, random) } });
    if (answer.outcome === 'ok') return 'done';
    // No recovery key has been confirmed yet: its first blob will hold the keys as they are then.
    if (answer.outcome === 'refused' && answer.code === 'invalidRecovery') return 'done';
    if (answer.outcome === 'refused' && answer.code === 'recoveryBlobConflict') await devices.refresh(self.accountId);
    return 'later';
  }
}
