import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

export interface SecondFactor {
  /** Shared with the authenticator. */
  readonly secret: Bytes;
  /** The latest time step whose code was used: none of it or before it is good again. */
  readonly lastStep: number;
  /** Not asked for before its owner has shown that the authenticator has it. */
  readonly isConfirmed: boolean;
}

/** Second factors and the codes that stand in for them. */
export interface SecondFactorRepository {
  find(accountId: AccountId): Promise<SecondFactor | undefined>;
  /** Puts a secret that waits to be confirmed in the place of one that waited. False: a confirmed one is there. */
  propose(accountId: AccountId, secret: Bytes, now: UnixMs): Promise<boolean>;
  /** Uses a time step up, for one of many who try at once. */
  useStep(accountId: AccountId, step: number): Promise<boolean>;
  /** From now on it is asked for; these codes stand in, and no earlier ones. */
  confirm(accountId: AccountId, codeHashes: readonly Bytes[], now: UnixMs): Promise<void>;
  replaceBackupCodes(accountId: AccountId, codeHashes: readonly Bytes[]): Promise<void>;
  /** Uses a code up, for one of many who try at once. */
  useBackupCode(accountId: AccountId, codeHash: Bytes): Promise<boolean>;
  countBackupCodes(accountId: AccountId): Promise<number>;
  /** False: there was none. */
  remove(accountId: AccountId): Promise<boolean>;
}
