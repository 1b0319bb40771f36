import type { AccountId } from '@sotto/protocol/ids';
import type { AccountKeyRotation } from '@sotto/protocol/content';
import type { AccountKeys } from '../account/types.js';
import { constantTimeEqual } from '@sotto/crypto';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Messaging } from '../messaging/messaging.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { StorageRecordRepository } from '../storage/storage-record-repository.js';
import type { KeyReplacement } from './key-replacement.js';
import type { ReadRecord, RecordExchange } from './record-exchange.js';
import { decodeRecord, encodeRecord, recordContent, syncsOf, type RecordSources } from './storage-record-content.js';
import type { UpkeepEnd } from './upkeep-end.js';

/** How often another device may be faster before this one lets some time pass. */
const ATTEMPTS_MOST = 5;

export interface StorageRecordUpkeepParts {
  readonly self: AccountId;
  readonly database: ProfileDatabase;
  readonly records: StorageRecordRepository;
  readonly sources: RecordSources & { readonly devices: Pick<PeerDevices, 'observeHead'> };
  readonly exchange: RecordExchange;
  readonly messaging: Pick<Messaging, 'takeUp' | 'announcer'>;
  readonly replacement: KeyReplacement;
  readonly keys: () => AccountKeys;
  /** Part of a transaction. */
  readonly adoptKeys: (rotation: AccountKeyRotation) => void;
  readonly log: CoreLog;
}

/** Keeps the account's slow-moving state and the storage record alike, in both directions. One run at a time. */
export class StorageRecordUpkeep {
  readonly #parts: StorageRecordUpkeepParts;

  constructor(parts: StorageRecordUpkeepParts) {
    this.#parts = parts;
  }

  /** Reads what others have written, if `fetch` says so, and writes what they cannot know. */
  async run({ fetch }: { readonly fetch: boolean }): Promise<UpkeepEnd> {
    let base = fetch ? await this.#fetch() : this.#parts.records.get().version;
    for (let attempt = 0; attempt < ATTEMPTS_MOST; attempt += 1) {
      if (typeof base === 'string') return base;
      if (!this.#hasToWrite) return 'done';
      const outcome = await this.#write(base + 1);
      if (outcome === 'away') return 'later';
      base = outcome === 'conflict' ? await this.#fetch() : this.#parts.records.get().version;
    }
    return 'later';
  }

  get #hasToWrite(): boolean {
    const { records, replacement } = this.#parts;
    const { changes, written } = records.get();
    return changes > written || replacement.due !== undefined;
  }

  /** The version that the next record follows. */
  async #fetch(): Promise<number | UpkeepEnd> {
    const { records, exchange, keys, replacement, log } = this.#parts;
    const known = records.get();
    const { due } = replacement;
    const candidates = [keys().storageKey, ...(due === undefined ? [] : [due.storageKey])];
    const fetched = await exchange.fetch(known, candidates);
    switch (fetched.outcome) {
      case 'away':
        return 'later';
      case 'nothingNew':
        return known.version;
      case 'read':
        this.#takeUp(fetched.record);
        return fetched.record.version;
      case 'putBack':
        log('storageRecord.putBack');
        this.#takeUpPast(fetched.record);
        return known.version;
      case 'unreadable':
        log('storageRecord.refused', { code: fetched.outcome });
        // Another device has replaced the keys and is about to say so. One that replaces them itself goes over it: what was
        // in that record is told by messages, too, and its author may have been taken off the list meanwhile.
        return due === undefined ? 'done' : fetched.version;
    }
  }

  #takeUp(record: ReadRecord): void {
    const { self, database, records, messaging, sources, adoptKeys, keys, replacement } = this.#parts;
    database.atomically(() => {
      messaging.takeUp(syncsOf(record.opened, self));
      for (const { accountId, epoch, number, hash } of record.opened.pins) {
        if (sources.pins.find(accountId) !== undefined) {
          sources.devices.observeHead(accountId, { epoch, number, hash });
        }
      }
      for (const key of record.opened.earlierPasswordKeys) sources.earlier.add(key);
      records.noteRead(record);
      const { due } = replacement;
      if (due !== undefined && constantTimeEqual(due.storageKey, record.key)) {
        // It is this device's own, whose answer was lost.
        replacement.recorded(due, record.version);
      }
      const { profileKey } = record.opened;
      // What is being replaced is not taken up again.
      if (due === undefined && !constantTimeEqual(profileKey, keys().profileKey)) {
        const { storageKey } = keys();
        adoptKeys({ kind: 'accountKeys', storageRecordVersion: record.version, storageKey, profileKey });
      }
    });
  }

  /**
   * The server has lost what this device knows to have been there. Whatever the past state says is merged by the time at which it
   * was said; its keys may be replaced ones. What is known here goes there again, as a version above all that anybody knows.
   */
  #takeUpPast(record: ReadRecord | undefined): void {
    const { self, database, records, messaging, sources } = this.#parts;
    database.atomically(() => {
      if (record !== undefined) {
        messaging.takeUp(syncsOf(record.opened, self));
        for (const key of record.opened.earlierPasswordKeys) sources.earlier.add(key);
      }
      records.noteChange();
    });
  }

  async #write(version: number): Promise<'written' | 'conflict' | 'away'> {
    const { database, records, exchange, sources, messaging, replacement, keys, log } = this.#parts;
    const { changes, content: before } = records.get();
    const { due } = replacement;
    const { storageKey, profileKey } = due ?? keys();
    const content = encodeRecord(recordContent(sources, profileKey, decodeRecord(before)));
    const { bytes, hash } = exchange.seal(version, content, storageKey);
    const outcome = await exchange.put(version, bytes);
    if (outcome !== 'written') return outcome;
    database.atomically(() => {
      records.noteWritten({ version, hash, content }, changes);
      if (due === undefined) messaging.announcer.tell({ kind: 'storageRecord', version });
      else replacement.recorded(due, version);
    });
    log('storageRecord.written');
    return outcome;
  }
}
