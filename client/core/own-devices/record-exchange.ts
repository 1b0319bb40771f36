import {
  constantTimeEqual,
  openStorageRecord,
  Plaintext,
  sealStorageRecord,
  StorageKey,
  storageRecordHash,
  StorageRecordBytes,
  type RandomSource,
} from '@sotto/crypto';
import { decodeStorageRecord, type StorageRecordContent } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { AccountApi } from '../net/types.js';
import type { StoredRecord } from '../storage/storage-record-repository.js';

/** A record that was opened, and with which of the keys. */
export interface ReadRecord extends StoredRecord {
  readonly opened: StorageRecordContent;
  readonly key: Bytes;
}

/** `unreadable`: sealed under keys that this device does not have (yet), by a newer version, or damaged. */
export type FetchedRecord =
  | { readonly outcome: 'read'; readonly record: ReadRecord }
  | { readonly outcome: 'nothingNew' | 'away' }
  /** The server was put back: an older version than is known here, or another of the same number. Opened where a key fits. */
  | { readonly outcome: 'putBack'; readonly record: ReadRecord | undefined }
  | { readonly outcome: 'unreadable'; readonly version: number };

export type PutOutcome = 'written' | 'conflict' | 'away';

interface RecordExchangeParts {
  readonly accountId: AccountId;
  readonly api: AccountApi;
  readonly random: RandomSource;
}

const withKey = <T>(bytes: Bytes, use: (key: StorageKey) => T): T => {
  const key = StorageKey.of(bytes);
  try {
    return use(key);
  } finally {
    key.purge();
  }
};

const isSame = (
  known: { readonly version: number; readonly hash: Bytes | undefined },
  { version, record }: { readonly version: number; readonly record: Bytes },
): boolean =>
  version === known.version &&
  known.hash !== undefined &&
  constantTimeEqual<Uint8Array>(known.hash, storageRecordHash(StorageRecordBytes.of(record)));

/** Fetches, opens, seals and puts the storage record; knows nothing of what is in it. */
export class RecordExchange {
  readonly #parts: RecordExchangeParts;

  constructor(parts: RecordExchangeParts) {
    this.#parts = parts;
  }

  /** @param known - what was read or written last: what is older is a past state */
  async fetch(
    known: Pick<StoredRecord, 'version'> & { readonly hash: Bytes | undefined },
    keys: readonly Bytes[],
  ): Promise<FetchedRecord> {
    const answer = await this.#parts.api.call('storageRecord', {});
    if (answer.outcome !== 'ok') return { outcome: 'away' };
    const { version, record } = answer.value;
    if (record === undefined) return known.version === 0 ? { outcome: 'nothingNew' } : { outcome: 'putBack', record };
    if (isSame(known, { version, record })) return { outcome: 'nothingNew' };
    const read = this.#openWith(version, record, keys);
    if (version <= known.version) return { outcome: 'putBack', record: read };
    return read === undefined ? { outcome: 'unreadable', version } : { outcome: 'read', record: read };
  }

  seal(version: number, content: Bytes, keyBytes: Bytes): { readonly bytes: Bytes; readonly hash: Bytes } {
    const { accountId, random } = this.#parts;
    const plaintext = Plaintext.of(content);
    const bytes = withKey(keyBytes, (key) => sealStorageRecord(key, { accountId, version }, { plaintext, random }));
    return { bytes, hash: storageRecordHash(bytes) };
  }

  async put(version: number, record: Bytes): Promise<PutOutcome> {
    const answer = await this.#parts.api.call('putStorageRecord', { body: { version, record } });
    if (answer.outcome === 'ok') return 'written';
    return answer.outcome === 'refused' && answer.code === 'storageRecordConflict' ? 'conflict' : 'away';
  }

  #openWith(version: number, record: Bytes, keys: readonly Bytes[]): ReadRecord | undefined {
    for (const key of keys) {
      const read = this.#open(version, record, key);
      if (read !== undefined) return read;
    }
    return undefined;
  }

  #open(version: number, record: Bytes, keyBytes: Bytes): ReadRecord | undefined {
    const expected = { accountId: this.#parts.accountId, leastVersion: version };
    const verdict = withKey(keyBytes, (key) => openStorageRecord(key, expected, record));
    if (verdict.outcome === 'refused' || verdict.version !== version) return undefined;
    const content = new Uint8Array(verdict.plaintext);
    const opened = decodeStorageRecord(content);
    if (opened === undefined) return undefined;
    const hash = storageRecordHash(StorageRecordBytes.of(record));
    return { version, hash, content, opened, key: keyBytes };
  }
}
