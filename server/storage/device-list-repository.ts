import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type { DeviceCertificate } from './device-repository.js';

/** Place of a list in its account's chain. */
export interface DeviceListPlace {
  readonly epoch: number;
  readonly number: number;
}

export interface DeviceListHead extends DeviceListPlace {
  readonly hash: Bytes;
}

/** One receipted device list. */
export interface DeviceListStep extends DeviceListHead {
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly previousHash: Bytes;
  /** The receipt: when the server accepted the list, and its signature. */
  readonly receivedAt: UnixMs;
  readonly receiptSignature: Bytes;
}

export type AppendOutcome =
  | { readonly type: 'appended' }
  /** The head was not `expected`. `head` is what stands there now; undefined if there is no such account. */
  | { readonly type: 'conflict'; readonly head: DeviceListHead | undefined };

export interface DeviceListRepository {
  /** How many steps are kept. */
  count(accountId: AccountId): Promise<number>;
  head(accountId: AccountId): Promise<DeviceListHead | undefined>;
  /**
   * Compare-and-set: `step` becomes the head if `expected` is the head now (`undefined`: no list yet). Of any number of
   * concurrent appends to one head exactly one is `appended`. Signatures and content are the caller's to check.
   */
  append(accountId: AccountId, expected: DeviceListHead | undefined, step: DeviceListStep): Promise<AppendOutcome>;
  /**
   * Steps in order. `after` undefined: from the newest list signed by the account identity key (number 0 of the highest
   * epoch).
   */
  page(
    accountId: AccountId,
    after: DeviceListPlace | undefined,
    limit: number,
  ): Promise<{ readonly steps: readonly DeviceListStep[]; readonly more: boolean }>;
  /** Certificates by hash (lower-case hex), of active and of removed devices. Unknown hashes are absent. */
  certificates(accountId: AccountId, hashes: readonly Bytes[]): Promise<ReadonlyMap<string, DeviceCertificate>>;
}
