import type { Bytes } from '@sotto/protocol/wire';
import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';
import { StorageError } from './storage-error.js';

/** The storage record as this device last read or wrote it. */
export interface StorageRecordState {
  /** 0: there is none yet, or none that this device has read. */
  readonly version: number;
  /** Of the record's bytes. */
  readonly hash: Bytes | undefined;
  /** The encoded content. */
  readonly content: Bytes | undefined;
  /** How many changes have been made that belong into it, and how many of them are in it. */
  readonly changes: number;
  readonly written: number;
}

export type StoredRecord = Required<Pick<StorageRecordState, 'version'>> & {
  readonly hash: Bytes;
  readonly content: Bytes;
};

/** What this device knows of the account's storage record: one row. */
export class StorageRecordRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  get(): StorageRecordState {
    const row = this.#database.get('SELECT * FROM storage_record');
    if (row === undefined) throw new StorageError('failed', 'the state of the storage record is gone');
    return {
      version: column.integer(row, 'version'),
      hash: column.optional(row, 'hash', column.bytes),
      content: column.optional(row, 'content', column.bytes),
      changes: column.integer(row, 'changes'),
      written: column.integer(row, 'written'),
    };
  }

  /** Part of the transaction that changes something which stands in the record. */
  noteChange(): void {
    this.#database.run('UPDATE storage_record SET changes = changes + 1');
  }

  /** The record was read, and everything in it has been taken up. */
  noteRead({ version, hash, content }: StoredRecord): void {
    this.#database.run('UPDATE storage_record SET version = ?, hash = ?, content = ?', [version, hash, content]);
  }

  /** The server has taken the record, with the first `changes` changes in it. */
  noteWritten(record: StoredRecord, changes: number): void {
    this.noteRead(record);
    this.#database.run('UPDATE storage_record SET written = ?', [changes]);
  }
}
