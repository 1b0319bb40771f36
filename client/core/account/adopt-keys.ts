import type { AccountKeyRotation } from '@sotto/protocol/content';
import type { AccountStore } from './types.js';

/** The keys of the account have been replaced, here or by another own device; the later replacement stands. Part of a transaction. */
export const adoptKeys = (
  accounts: Pick<AccountStore, 'find' | 'save'>,
  { storageRecordVersion, storageKey, profileKey }: AccountKeyRotation,
): void => {
  const record = accounts.find();
  if (record?.phase !== 'registered' || storageRecordVersion <= record.keys.keysVersion) return;
  accounts.save({ ...record, keys: { ...record.keys, storageKey, profileKey, keysVersion: storageRecordVersion } });
};
