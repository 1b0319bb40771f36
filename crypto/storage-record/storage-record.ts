import type { AccountId } from '@sotto/protocol/ids';
import { xchacha20Poly1305Decrypt, xchacha20Poly1305Encrypt } from '../backend/libsodium.js';
import { hkdfSha256 } from '../backend/noble.js';
import { concatenate, isOfAnotherVersion, labelBytes } from '../bytes.js';
import type { RandomSource } from '../environment.js';
import { Plaintext, StorageRecordBytes, type Bytes, type StorageKey } from '../keys.js';
import { LABELS } from '../labels.js';
import { wipe } from '../secret.js';
import {
  encodeStorageRecordFrame,
  parseStorageRecord,
  STORAGE_RECORD_NONCE_LENGTH,
  STORAGE_RECORD_STEP,
  type StorageRecordFrame,
} from './storage-record-form.js';

export type OpenedStorageRecord =
  | { readonly outcome: 'opened'; readonly version: number; readonly plaintext: Plaintext }
  | {
      readonly outcome: 'refused';
      readonly reason:
        | 'malformed'
        | 'newerVersion'
        | 'foreignAccount'
        /** Older than a version that this end knows of: the server shows a past state. */
        | 'rollback'
        /** Sealed under another key, or damaged. */
        | 'wrongKey';
    };

const MARKER = 0x80;

const withRecordKey = <Result>(storageKey: StorageKey, use: (key: Bytes) => Result): Result => {
  const key = hkdfSha256(storageKey.unwrap(), { info: labelBytes(LABELS.storageRecordKey), length: 32 });
  try {
    return use(key);
  } finally {
    wipe(key);
  }
};

const pad = (plaintext: Plaintext): Bytes => {
  const padded = new Uint8Array(Math.ceil((plaintext.length + 1) / STORAGE_RECORD_STEP) * STORAGE_RECORD_STEP);
  padded.set(plaintext);
  padded[plaintext.length] = MARKER;
  return padded;
};

const unpad = (padded: Bytes): Plaintext | undefined => {
  const marker = padded.findLastIndex((byte) => byte !== 0);
  const isLeast = padded.length - marker <= STORAGE_RECORD_STEP;
  return isLeast && padded[marker] === MARKER ? Plaintext.parse(padded.subarray(0, marker)) : undefined;
};

/**
 * Seals the state that the devices of an account share, as one version of it (SPEC §13.5). The version is authenticated: a record
 * cannot be passed off as a later one. At most about 1 MiB.
 */
export const sealStorageRecord = (
  storageKey: StorageKey,
  frame: StorageRecordFrame,
  content: { readonly plaintext: Plaintext; readonly random: RandomSource },
): StorageRecordBytes => {
  const associatedData = encodeStorageRecordFrame(frame);
  const nonce = content.random.bytes(STORAGE_RECORD_NONCE_LENGTH);
  const padded = pad(content.plaintext);
  const ciphertext = withRecordKey(storageKey, (key) => xchacha20Poly1305Encrypt(key, nonce, padded, associatedData));
  wipe(padded);
  return StorageRecordBytes.of(concatenate(associatedData, nonce, ciphertext));
};

/** Opens a record of the account, unless it is older than `leastVersion`, the highest version that this end knows of. */
export const openStorageRecord = (
  storageKey: StorageKey,
  expected: { readonly accountId: AccountId; readonly leastVersion: number },
  untrusted: Uint8Array,
): OpenedStorageRecord => {
  const bytes = StorageRecordBytes.parse(untrusted);
  const frame = bytes && parseStorageRecord(bytes);
  if (!bytes || !frame) {
    const isNewer = isOfAnotherVersion(untrusted, LABELS.storageRecord);
    return { outcome: 'refused', reason: isNewer ? 'newerVersion' : 'malformed' };
  }
  if (frame.accountId !== expected.accountId) return { outcome: 'refused', reason: 'foreignAccount' };
  if (frame.version < expected.leastVersion) return { outcome: 'refused', reason: 'rollback' };
  const associatedData = encodeStorageRecordFrame(frame);
  const nonceEnd = associatedData.length + STORAGE_RECORD_NONCE_LENGTH;
  const padded = withRecordKey(storageKey, (key) =>
    xchacha20Poly1305Decrypt(key, bytes.slice(associatedData.length, nonceEnd), bytes.slice(nonceEnd), associatedData),
  );
  const plaintext = padded && unpad(padded);
  if (padded !== undefined) wipe(padded);
  return plaintext === undefined
    ? { outcome: 'refused', reason: 'wrongKey' }
    : { outcome: 'opened', version: frame.version, plaintext };
};
