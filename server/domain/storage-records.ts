import type { PutStorageRecordRequest, StorageRecord } from '@sotto/protocol/wire';
import type { Notifier } from '../notifier/notifier.js';
import type { DeviceRepository } from '../storage/device-repository.js';
import type { StorageRecordRepository } from '../storage/storage-record-repository.js';
import type { DeviceCaller } from './access-tokens.js';
import type { Clock } from './clock.js';
import { done, refuse, type Nothing, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

const CONFLICT = refuse(
  'storageRecordConflict',
  'The storage record is at this version or beyond it. Fetch it, merge and try again.',
);

export interface StorageRecordsParts {
  readonly storageRecords: StorageRecordRepository;
  readonly devices: DeviceRepository;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** The encrypted state that the devices of an account share, one version after the other (SPEC §14.1). */
export class StorageRecords {
  readonly #parts: StorageRecordsParts;

  constructor(parts: StorageRecordsParts) {
    this.#parts = parts;
  }

  async get(caller: DeviceCaller): Promise<Outcome<StorageRecord>> {
    const limit = await this.#parts.limiter.take('storageRecordRead', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    return done((await this.#parts.storageRecords.find(caller.accountId)) ?? { version: 0 });
  }

  async put(caller: DeviceCaller, next: PutStorageRecordRequest): Promise<Outcome<Nothing>> {
    const { storageRecords, limiter, clock } = this.#parts;
    const limit = await limiter.take('storageRecordWrite', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const put = await storageRecords.put(caller.accountId, next, clock());
    switch (put.type) {
      case 'conflict':
        return CONFLICT;
      case 'stored':
        await this.#tellOthers(caller);
        return done({});
      case 'repeated':
        return done({});
    }
  }

  async #tellOthers({ accountId, deviceId: author }: DeviceCaller): Promise<void> {
    const { devices, notifier } = this.#parts;
    const others = (await devices.list(accountId)).filter(({ deviceId }) => deviceId !== author);
    notifier.noticed(
      others.map(({ deviceId }) => deviceId),
      'storageRecord',
    );
  }
}
