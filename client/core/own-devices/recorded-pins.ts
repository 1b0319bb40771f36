import type { AccountId } from '@sotto/protocol/ids';
import type { RecordedIdentities, RecordedIdentity } from '../devices/types.js';
import type { StorageRecordRepository } from '../storage/storage-record-repository.js';
import { decodeRecord } from './storage-record-content.js';

/** Whom the devices of this account have met, as the storage record says it: a device that comes later is not to believe anew. */
export class RecordedPins implements RecordedIdentities {
  readonly #records: StorageRecordRepository;

  constructor(records: StorageRecordRepository) {
    this.#records = records;
  }

  /** Reads the whole record: for first contacts, which are rare. */
  find(accountId: AccountId): RecordedIdentity | undefined {
    return decodeRecord(this.#records.get().content)?.pins.find((pin) => pin.accountId === accountId);
  }
}
