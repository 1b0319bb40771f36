import { supersedes } from '@sotto/protocol/content';
import type { AccountKeyRotation } from '@sotto/protocol/content';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { SyncHandlers, SyncOf } from './sync-handlers.js';

interface AccountSyncParts {
  readonly state: AccountStateRepository;
  /** Part of the transaction. */
  readonly onKeys: (rotation: AccountKeyRotation) => void;
  /** Called in the transaction; what it starts must wait for its commit. */
  readonly onStorageRecord: (version: number) => void;
  readonly onChange: () => void;
}

type AccountKinds = 'setting' | 'deviceName' | 'accountKeys' | 'storageRecord';

/** What other own devices say of the account itself. */
export const accountSyncHandlers = (parts: AccountSyncParts): Pick<SyncHandlers, AccountKinds> => {
  const { state, onKeys, onStorageRecord, onChange } = parts;
  return {
    setting: (sync: SyncOf<'setting'>) => {
      const present = state.setting(sync.name);
      if (present !== undefined && !supersedes(sync, { kind: 'setting', ...present })) return [];
      state.saveSetting(sync);
      onChange();
      return [];
    },
    deviceName: (sync: SyncOf<'deviceName'>) => {
      const present = state.deviceName(sync.deviceId);
      if (present !== undefined && !supersedes(sync, { kind: 'deviceName', ...present })) return [];
      state.saveDeviceName(sync);
      onChange();
      return [];
    },
    accountKeys: (sync: SyncOf<'accountKeys'>) => {
      onKeys(sync);
      return [];
    },
    storageRecord: ({ version }: SyncOf<'storageRecord'>) => {
      onStorageRecord(version);
      return [];
    },
  };
};
