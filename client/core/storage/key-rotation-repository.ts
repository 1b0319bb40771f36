import { idBytes, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

/** Keys on their way to replace the account's. */
export interface KeyRotation {
  readonly storageKey: Bytes;
  readonly profileKey: Bytes;
  readonly grace: boolean;
  /** `due`: nobody knows them yet. `recorded`: they are the account's, everybody is being told; the server is last. */
  readonly step: 'due' | 'recorded';
  readonly since: UnixMs;
}

const rotationOf = (row: Row): KeyRotation => ({
  storageKey: column.bytes(row, 'storage_key'),
  profileKey: column.bytes(row, 'profile_key'),
  grace: column.flag(row, 'grace'),
  step: column.oneOf('due', 'recorded')(row, 'step'),
  since: column.instant(row, 'since'),
});

/** What is left to do about devices that are being removed and keys that are being replaced. */
export class KeyRotationRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): KeyRotation | undefined {
    const row = this.#database.get('SELECT * FROM key_rotation');
    return row === undefined ? undefined : rotationOf(row);
  }

  save({ storageKey, profileKey, grace, step, since }: KeyRotation): void {
    this.#database.run('INSERT OR REPLACE INTO key_rotation VALUES (1, ?, ?, ?, ?, ?)', [
      storageKey,
      profileKey,
      grace ? 1 : 0,
      step,
      since,
    ]);
  }

  /** Ends the rotation to this profile key; another one that has begun meanwhile goes on. */
  end(profileKey: Bytes): void {
    this.#database.run('DELETE FROM key_rotation WHERE profile_key = ?', [profileKey]);
  }

  removals(): readonly DeviceId[] {
    return this.#database
      .all('SELECT device_id FROM device_removal ORDER BY device_id')
      .map((row) => column.deviceId(row, 'device_id'));
  }

  addRemoval(deviceId: DeviceId): void {
    this.#database.run('INSERT OR IGNORE INTO device_removal VALUES (?)', [idBytes(deviceId)]);
  }

  endRemoval(deviceId: DeviceId): void {
    this.#database.run('DELETE FROM device_removal WHERE device_id = ?', [idBytes(deviceId)]);
  }

  /** Greetings that have not reached the server yet. */
  greetingsLeft(): number {
    const row = this.#database.get('SELECT count(*) AS count FROM outbox_job WHERE hello = 1');
    return row === undefined ? 0 : column.integer(row, 'count');
  }
}
