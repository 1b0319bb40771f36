import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** The statement that an account goes on under another root, with both signatures. */
export interface SignedChange {
  readonly bytes: Bytes;
  readonly newRootSignature: Bytes;
  readonly signerSignature: Bytes;
}

/** A root that an account has left. */
export interface RootLeft extends SignedChange {
  /** The epoch that began under the root after it. */
  readonly epoch: number;
  readonly oldAccountIdentityKey: Bytes;
  readonly oldRecoveryPublicKey: Bytes;
}

/** A new root that waits. */
export interface RootNotice {
  readonly requestHash: Bytes;
  readonly change: SignedChange;
  readonly requestedAt: UnixMs;
  readonly heldUntil: UnixMs;
  readonly expiresAt: UnixMs;
  /** Vetoed, or ended by the recovery key. */
  readonly stoppedAt: UnixMs | undefined;
}

export interface RootRepository {
  /** In the order of their epochs. */
  changesOf(accountId: AccountId): Promise<readonly RootLeft[]>;
  /** Makes another root the account's, and keeps the one before with the statement. In a transaction of the account's. */
  change(
    accountId: AccountId,
    left: RootLeft,
    root: { readonly accountIdentityKey: Bytes; readonly recoveryPublicKey: Bytes },
  ): Promise<void>;
  /** Stopped ones are found too, until they expire. */
  findNotice(accountId: AccountId, now: UnixMs): Promise<RootNotice | undefined>;
  /** In the place of one that was stopped or has expired. False: another one waits. */
  giveNotice(accountId: AccountId, notice: Omit<RootNotice, 'stoppedAt'>): Promise<boolean>;
  stop(accountId: AccountId, requestHash: Bytes, now: UnixMs): Promise<void>;
  endNotice(accountId: AccountId): Promise<void>;
}
