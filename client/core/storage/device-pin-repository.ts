import type { ListHead } from '@sotto/protocol/content';
import { idBytes, type AccountId } from '@sotto/protocol/ids';
import { DeviceListEntry, type Bytes } from '@sotto/protocol/wire';
import type { DevicePin, DevicePinStore, PassedHead, PinnedDevice } from '../devices/types.js';
import { z } from 'zod';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

/** More than happen to an account between two backups of a server. */
const STEPS_KEPT = 64;

const deviceOf = (row: Row): PinnedDevice => ({
  deviceId: column.deviceId(row, 'device_id'),
  certificate: column.bytes(row, 'certificate'),
});

const pinOf = (row: Row, devices: readonly PinnedDevice[]): DevicePin => ({
  accountId: column.accountId(row, 'account_id'),
  username: column.username(row, 'username'),
  accountIdentityKey: column.bytes(row, 'account_identity_key'),
  recoveryPublicKey: column.bytes(row, 'recovery_public_key'),
  head: {
    epoch: column.integer(row, 'epoch'),
    number: column.integer(row, 'number'),
    hash: column.bytes(row, 'hash'),
  },
  list: column.bytes(row, 'list'),
  devices,
  alarm: column.flag(row, 'alarm'),
  pinnedAt: column.instant(row, 'pinned_at'),
});

/** The verified device list of every account that this device has met, its own among them. */
export class DevicePinRepository implements DevicePinStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(accountId: AccountId): DevicePin | undefined {
    const key = idBytes(accountId);
    const row = this.#database.get('SELECT * FROM device_pin WHERE account_id = ?', [key]);
    if (row === undefined) return undefined;
    const devices = this.#database.all('SELECT * FROM pinned_device WHERE account_id = ? ORDER BY device_id', [key]);
    return pinOf(row, devices.map(deviceOf));
  }

  save(pin: DevicePin, passed: readonly PassedHead[]): void {
    const key = idBytes(pin.accountId);
    this.#database.atomically(() => {
      const before = this.find(pin.accountId);
      this.#database.run(
        `INSERT INTO device_pin VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (account_id) DO UPDATE SET
           username = excluded.username, account_identity_key = excluded.account_identity_key,
           recovery_public_key = excluded.recovery_public_key, epoch = excluded.epoch, number = excluded.number,
           hash = excluded.hash, list = excluded.list, alarm = excluded.alarm, pinned_at = excluded.pinned_at`,
        [
          key,
          pin.username,
          pin.accountIdentityKey,
          pin.recoveryPublicKey,
          pin.head.epoch,
          pin.head.number,
          pin.head.hash,
          pin.list,
          pin.alarm ? 1 : 0,
          pin.pinnedAt,
        ],
      );
      this.#database.run('DELETE FROM pinned_device WHERE account_id = ?', [key]);
      this.#forgetSessions(before, pin);
      for (const { deviceId, certificate } of pin.devices) {
        this.#database.run('INSERT INTO pinned_device VALUES (?, ?, ?)', [key, idBytes(deviceId), certificate]);
      }
      for (const head of [...passed, pin.head]) {
        // The first hash that was verified with a number stays: what contradicts it is an alarm, never a correction.
        this.#database.run('INSERT INTO verified_list VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [
          key,
          head.epoch,
          head.number,
          head.hash,
        ]);
      }
      this.#keepSteps(key, passed);
    });
  }

  stepsAfter(accountId: AccountId, { epoch, number }: Omit<ListHead, 'hash'>): readonly DeviceListEntry[] {
    return this.#database
      .all(
        `SELECT step FROM kept_list WHERE account_id = ? AND (epoch > ? OR (epoch = ? AND number > ?))
         ORDER BY epoch, number`,
        [idBytes(accountId), epoch, epoch, number],
      )
      .map((row) => DeviceListEntry.parse(JSON.parse(column.text(row, 'step'))));
  }

  #keepSteps(key: Bytes, passed: readonly PassedHead[]): void {
    for (const { epoch, number, step } of passed) {
      if (step === undefined) continue;
      this.#database.run('INSERT INTO kept_list VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [
        key,
        epoch,
        number,
        JSON.stringify(z.encode(DeviceListEntry, step)),
      ]);
    }
    this.#database.run(
      `DELETE FROM kept_list WHERE account_id = ? AND (epoch, number) NOT IN
         (SELECT epoch, number FROM kept_list WHERE account_id = ? ORDER BY epoch DESC, number DESC LIMIT ?)`,
      [key, key, STEPS_KEPT],
    );
  }

  /** Nothing is ever sent to, or believed of, a device that its account no longer lists (SPEC §5.7). */
  #forgetSessions(before: DevicePin | undefined, now: DevicePin): void {
    const listed = new Set(now.devices.map(({ deviceId }) => deviceId));
    for (const { deviceId } of before?.devices ?? []) {
      if (!listed.has(deviceId)) this.#database.run('DELETE FROM session WHERE device_id = ?', [idBytes(deviceId)]);
    }
  }

  setAlarm(accountId: AccountId, alarm: boolean): void {
    this.#database.run('UPDATE device_pin SET alarm = ? WHERE account_id = ?', [alarm ? 1 : 0, idBytes(accountId)]);
  }

  findHash(accountId: AccountId, epoch: number, number: number): Bytes | undefined {
    const row = this.#database.get('SELECT hash FROM verified_list WHERE account_id = ? AND epoch = ? AND number = ?', [
      idBytes(accountId),
      epoch,
      number,
    ]);
    return row === undefined ? undefined : column.bytes(row, 'hash');
  }
}
