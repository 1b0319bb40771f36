import type { AccountId, ArchiveId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** An archive inside its account: two accounts may use one id without meeting. */
export interface ArchiveAddress {
  readonly accountId: AccountId;
  readonly archiveId: ArchiveId;
}

export interface NewSegment {
  readonly number: number;
  readonly size: number;
  readonly digest: Bytes;
  /** Where its bytes are, in the blob store, before this is noted. */
  readonly blobName: string;
  /** The archive has no segment after this one. */
  readonly isLast: boolean;
}

export interface ArchiveRules {
  /** Bytes of all archives of one account. */
  readonly quotaBytes: number;
  readonly mostArchives: number;
  readonly now: UnixMs;
  /** The archive stays until then at least. */
  readonly expiresAt: UnixMs;
}

export type AddSegmentOutcome =
  | { readonly type: 'added' }
  /** A segment with this number and these bytes is there already. */
  | { readonly type: 'repeated' }
  /** Other bytes are there under this number, or the archive ends before it, or elsewhere than this says. */
  | { readonly type: 'conflict' }
  | { readonly type: 'overQuota' };

export interface StoredSegment {
  readonly blobName: string;
  readonly digest: Bytes;
}

export interface StoredArchive {
  /** In ascending order. */
  readonly segments: readonly number[];
  readonly segmentCount: number | undefined;
  readonly expiresAt: UnixMs;
}

/** What is known of history archives; their bytes are in the blob store. Expired ones are there for nobody but the sweep. */
export interface ArchiveRepository {
  /** Notes a segment, with its archive where it is the first. */
  add(address: ArchiveAddress, segment: NewSegment, rules: ArchiveRules): Promise<AddSegmentOutcome>;
  usedBytes(accountId: AccountId): Promise<number>;
  find(address: ArchiveAddress, now: UnixMs): Promise<StoredArchive | undefined>;
  findSegment(address: ArchiveAddress, number: number, now: UnixMs): Promise<StoredSegment | undefined>;
  /** Forgets an archive; answers the blobs that belonged to it. */
  remove(address: ArchiveAddress): Promise<readonly string[]>;
  /** Forgets all archives of an account; answers the blobs that belonged to them. */
  removeAll(accountId: AccountId): Promise<readonly string[]>;
  /** Forgets archives that have expired; answers their blobs. */
  removeExpired(now: UnixMs, mostArchives: number): Promise<readonly string[]>;
  /** Those of `blobNames` that belong to no segment. */
  findUnknown(blobNames: readonly string[]): Promise<readonly string[]>;
}
