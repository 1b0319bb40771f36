import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Authentication } from './account-repository.js';
import type { Bytes } from './bytes.js';

/** What the holder of a recovery key finds a blob by: constant for as long as the root is. */
export interface BlobAccess {
  readonly blobId: Bytes;
  readonly fetchSecretHash: Bytes;
}

/** The sealed keys of an account. */
export interface SealedKeys {
  readonly bytes: Bytes;
  readonly signature: Bytes;
  /** Of the storage record that its maker knew. */
  readonly storageRecordVersion: number;
}

export interface StoredBlob extends BlobAccess, SealedKeys {
  readonly accountId: AccountId;
}

export type PutBlobOutcome =
  | { readonly type: 'stored' }
  /** The first blob of a root has to say by what it is found. */
  | { readonly type: 'accessMissing' }
  /** What finds the blobs of this root is settled already, and this is not it; or another account has it. */
  | { readonly type: 'accessDiffers' };

/** What was signed of a recovery: hashes, and nothing that opens anything. */
export interface RecoveryClaim {
  readonly challenge: Bytes;
  readonly listHash: Bytes;
  readonly certificateHash: Bytes;
  readonly authenticationHash: Bytes;
  readonly accessKeyVerifier: Bytes;
  readonly refreshTokenHash: Bytes;
  readonly blobHash: Bytes;
  readonly provesPassword: boolean;
}

export interface HeldRecovery {
  readonly accountId: AccountId;
  readonly requestHash: Bytes;
  readonly claim: RecoveryClaim;
  readonly signature: Bytes;
  readonly requestedAt: UnixMs;
  readonly heldUntil: UnixMs;
  /** It has to be finished before. */
  readonly expiresAt: UnixMs;
  readonly vetoedAt: UnixMs | undefined;
}

export type NewHeldRecovery = Omit<HeldRecovery, 'vetoedAt'>;

export type EarlierPassword = Authentication & { readonly validUntil: UnixMs };

/** Everything about coming back with a recovery key. Calls that change something belong into a transaction of the account's. */
export interface RecoveryRepository {
  findBlob(accountId: AccountId): Promise<StoredBlob | undefined>;
  findBlobById(blobId: Bytes): Promise<StoredBlob | undefined>;
  /** Puts a blob in the place of the present one. `newRoot`: `access` is the new root's. */
  putBlob(
    accountId: AccountId,
    keys: SealedKeys,
    access: BlobAccess | undefined,
    as: { readonly newRoot: boolean; readonly now: UnixMs },
  ): Promise<PutBlobOutcome>;

  /** Holds a recovery, unless as many as may wait do so. */
  hold(recovery: NewHeldRecovery, mostHeld: number): Promise<'held' | 'tooMany'>;
  /** Those that have not expired, the oldest first. */
  heldOf(accountId: AccountId, now: UnixMs): Promise<readonly HeldRecovery[]>;
  findHeld(accountId: AccountId, requestHash: Bytes, now: UnixMs): Promise<HeldRecovery | undefined>;
  veto(accountId: AccountId, requestHash: Bytes, now: UnixMs): Promise<void>;
  /** Ends everything that waits: the account has moved on. */
  endAllHeld(accountId: AccountId): Promise<void>;

  /** Keeps a password that is replaced, as a proof for later; not more than `mostKept`, the oldest of them. */
  keepPassword(accountId: AccountId, password: EarlierPassword, mostKept: number): Promise<void>;
  /** Those that are still good, the newest first. */
  earlierPasswords(accountId: AccountId, now: UnixMs): Promise<readonly EarlierPassword[]>;

  deleteExpired(now: UnixMs): Promise<void>;
}
