import type { AccountId } from '@sotto/protocol/ids';
import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, readCanonical } from '../bytes.js';
import { StorageRecordHash, type Bytes, type StorageRecordBytes } from '../keys.js';
import { LABELS } from '../labels.js';

/** What a storage record says openly (SPEC §13.5). */
export interface StorageRecordFrame {
  readonly accountId: AccountId;
  /** One more with every change; the server commits a version only on top of the one before. */
  readonly version: number;
}

/** The plaintext is padded to a multiple of this, so that a record says little of how much it holds. */
export const STORAGE_RECORD_STEP = 4_096;
export const STORAGE_RECORD_NONCE_LENGTH = 24;
const TAG_LENGTH = 16;

/** The readable beginning of a record. */
export const encodeStorageRecordFrame = ({ accountId, version }: StorageRecordFrame): Bytes =>
  new CanonicalWriter(LABELS.storageRecord).id(accountId).u64(version).finish();

/** The frame of a record; `undefined` unless the bytes have the form of one. Says nothing about who sealed it. */
export const parseStorageRecord = (bytes: Uint8Array): StorageRecordFrame | undefined =>
  readCanonical(bytes, LABELS.storageRecord, (reader) => {
    const frame = { accountId: reader.accountId(), version: reader.u64() };
    const left = reader.rest().length - STORAGE_RECORD_NONCE_LENGTH - TAG_LENGTH;
    return left > 0 && left % STORAGE_RECORD_STEP === 0 ? frame : reader.refuse();
  });

/** Names a record in all its bytes: SHA-256. What an authorised device tells a new one, so that it takes up this one. */
export const storageRecordHash = (bytes: StorageRecordBytes): StorageRecordHash => StorageRecordHash.of(sha256(bytes));
