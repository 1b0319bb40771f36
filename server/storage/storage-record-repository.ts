import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

export interface VersionedRecord {
  /** From 1 on; a gap shows that the server was put back in between. */
  readonly version: number;
  readonly record: Bytes;
}

export type PutRecordOutcome =
  | { readonly type: 'stored' }
  /** The very record stands there already: the answer to an earlier attempt was lost. */
  | { readonly type: 'repeated' }
  | { readonly type: 'conflict' };

export interface StorageRecordRepository {
  find(accountId: AccountId): Promise<VersionedRecord | undefined>;
  /** Stored if the present version is lower, by so much at most. Of any number of writers of one version one wins. */
  put(accountId: AccountId, next: VersionedRecord, now: UnixMs): Promise<PutRecordOutcome>;
}
