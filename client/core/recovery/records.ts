import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';

/** What is kept of the recovery kit beside the wrapped seed. */
export interface RecoveryKitStore {
  /** Numbers, from 1, of the groups that were last asked for. */
  asked(): readonly number[];
  ask(groups: readonly number[]): void;
  /** When the kit was confirmed on this device. */
  confirmedAt(): UnixMs | undefined;
  confirm(at: UnixMs): void;
}

/** A recovery under way; the account that it makes is kept as one that is recovering. */
export interface RecoveryRecord {
  readonly state: 'asking' | 'held' | 'vetoed';
  readonly heldUntil: UnixMs | undefined;
  /** Opens the storage record as it was before the recovery. */
  readonly oldStorageKey: Bytes;
  readonly storageRecordVersion: number;
  /** What the person calls this device. */
  readonly deviceName: string;
}

export interface RecoveryStore {
  find(): RecoveryRecord | undefined;
  save(record: RecoveryRecord): void;
  remove(): void;
}

/** A new root that was asked for: sent again as it is until the server has decided. */
export interface NewRootRecord {
  /** Under the password of the account; it becomes the wrapped seed of the account. */
  readonly wrappedSeed: Bytes;
  readonly accountIdentityKey: Bytes;
  readonly recoveryPublicKey: Bytes;
  readonly request: string;
  readonly effectiveAt: UnixMs | undefined;
}

export interface NewRootStore {
  find(): NewRootRecord | undefined;
  save(record: NewRootRecord): void;
  remove(): void;
}
