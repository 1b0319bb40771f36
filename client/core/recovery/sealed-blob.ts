import {
  AccountIdentityKey,
  DeviceSigningKey,
  ProfileKey,
  RecoveryPublicKey,
  sealRecoveryBlob,
  StorageKey,
  type AccountRoot,
  type ListPlace,
  type RandomSource,
  type SignedRecoveryBlob,
} from '@sotto/crypto';
import type { Bytes } from '@sotto/protocol/wire';
import type { AccountRecord } from '../account/types.js';

export const rootOf = ({
  accountIdentityKey,
  recoveryPublicKey,
}: Pick<AccountRecord['keys'], 'accountIdentityKey' | 'recoveryPublicKey'>): AccountRoot => ({
  accountIdentityKey: AccountIdentityKey.of(accountIdentityKey),
  recoveryPublicKey: RecoveryPublicKey.of(recoveryPublicKey),
});

export interface BlobContent {
  /** The list that is the head once the request with the blob is committed. */
  readonly place: ListPlace;
  readonly storageRecordVersion: number;
  /** The keys that go from then on. */
  readonly storageKey: Bytes;
  readonly profileKey: Bytes;
  readonly root?: AccountRoot;
}

/**
 * Seals the keys of the account to its recovery key, signed by this device. Every request that removes a device or replaces one of the
 * keys brings a new blob (SPEC §11.3).
 */
export const recoveryBlobOf = (
  { accountId, deviceId, keys }: AccountRecord,
  { place, storageRecordVersion, storageKey, profileKey, root }: BlobContent,
  random: RandomSource,
): SignedRecoveryBlob => {
  const secrets = { storageKey: StorageKey.of(storageKey), profileKey: ProfileKey.of(profileKey) };
  const signingKey = DeviceSigningKey.of(keys.deviceSigningKey);
  const blob = sealRecoveryBlob(
    { ...secrets, historyKey: undefined },
    { accountId, root: root ?? rootOf(keys), place, storageRecordVersion, signer: { deviceId, signingKey }, random },
  );
  for (const secret of [secrets.storageKey, secrets.profileKey, signingKey]) secret.purge();
  return blob;
};
