import { idBytes, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

/** A device of the own account. `reminded`: not known yet, and the person has been told a second time. */
export interface SeenDevice {
  readonly deviceId: DeviceId;
  readonly seenAt: UnixMs;
  readonly state: 'new' | 'reminded' | 'known';
}

const seenOf = (row: Row): SeenDevice => ({
  deviceId: column.deviceId(row, 'device_id'),
  seenAt: column.instant(row, 'seen_at'),
  state: column.oneOf('new', 'reminded', 'known')(row, 'state'),
});

/** The devices of the own account that this one has seen, and which of them its person knows. */
export class SeenDeviceRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  list(): readonly SeenDevice[] {
    return this.#database.all('SELECT * FROM seen_device ORDER BY device_id').map(seenOf);
  }

  save({ deviceId, seenAt, state }: SeenDevice): void {
    this.#database.run('INSERT OR REPLACE INTO seen_device VALUES (?, ?, ?)', [idBytes(deviceId), seenAt, state]);
  }

  remove(deviceId: DeviceId): void {
    this.#database.run('DELETE FROM seen_device WHERE device_id = ?', [idBytes(deviceId)]);
  }
}
