import type { DeviceName, Setting } from '@sotto/protocol/content';
import { idBytes, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

const settingOf = (row: Row): Setting => ({
  name: column.text(row, 'name'),
  value: column.text(row, 'value'),
  setAt: column.instant(row, 'set_at'),
});

const deviceNameOf = (row: Row): DeviceName => ({
  deviceId: column.deviceId(row, 'device_id'),
  name: column.text(row, 'name'),
  system: column.text(row, 'system'),
  setAt: column.instant(row, 'set_at'),
});

/** A sync of a kind that no version up to this one knows. */
export interface KeptSync {
  readonly id: number;
  readonly encoded: Bytes;
  readonly serverTime: UnixMs;
}

/** What goes for all devices of the account, beside its chats. */
export class AccountStateRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  setting(name: string): Setting | undefined {
    const row = this.#database.get('SELECT * FROM account_setting WHERE name = ?', [name]);
    return row === undefined ? undefined : settingOf(row);
  }

  settings(): readonly Setting[] {
    return this.#database.all('SELECT * FROM account_setting ORDER BY name').map(settingOf);
  }

  saveSetting({ name, value, setAt }: Setting): void {
    this.#database.run('INSERT OR REPLACE INTO account_setting VALUES (?, ?, ?)', [name, value, setAt]);
  }

  deviceName(deviceId: DeviceId): DeviceName | undefined {
    const row = this.#database.get('SELECT * FROM device_name WHERE device_id = ?', [idBytes(deviceId)]);
    return row === undefined ? undefined : deviceNameOf(row);
  }

  deviceNames(): readonly DeviceName[] {
    return this.#database.all('SELECT * FROM device_name ORDER BY device_id').map(deviceNameOf);
  }

  saveDeviceName({ deviceId, name, system, setAt }: DeviceName): void {
    this.#database.run('INSERT OR REPLACE INTO device_name VALUES (?, ?, ?, ?)', [
      idBytes(deviceId),
      name,
      system,
      setAt,
    ]);
  }

  keepSync(encoded: Bytes, serverTime: UnixMs): void {
    this.#database.run('INSERT INTO kept_sync (encoded, server_time) VALUES (?, ?)', [encoded, serverTime]);
  }

  keptSyncs(): readonly KeptSync[] {
    return this.#database.all('SELECT * FROM kept_sync ORDER BY id').map((row) => ({
      id: column.integer(row, 'id'),
      encoded: column.bytes(row, 'encoded'),
      serverTime: column.instant(row, 'server_time'),
    }));
  }

  removeKeptSync(id: number): void {
    this.#database.run('DELETE FROM kept_sync WHERE id = ?', [id]);
  }
}
