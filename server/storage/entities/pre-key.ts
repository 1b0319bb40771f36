import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { ColumnType, Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { bytesColumn, integerColumn } from '../columns.js';
import { belongsToDevice, deviceKey } from './device.js';

export interface OneTimePreKeyRow {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly keyId: number;
  readonly publicKey: Bytes;
}

export interface SignedPreKeyRow extends OneTimePreKeyRow {
  readonly signature: Bytes;
}

/** A table of signed prekeys: one a device, or many told apart by their id. */
const signedPreKeyTable = (dialect: Dialect, name: string, publicKey: ColumnType, oneTime: boolean) =>
  new EntitySchema<SignedPreKeyRow>({
    name,
    columns: {
      ...deviceKey(dialect, true),
      keyId: integerColumn('key_id', dialect.integer, { primary: oneTime }),
      publicKey: bytesColumn('public_key', publicKey),
      signature: bytesColumn('signature', dialect.bytes(64)),
    },
    foreignKeys: [belongsToDevice(name)],
  });

export const preKeyEntities = (dialect: Dialect) => [
  signedPreKeyTable(dialect, 'signed_pre_key', dialect.bytes(64), false),
  signedPreKeyTable(dialect, 'kyber_last_resort_pre_key', dialect.bytes(2048), false),
  signedPreKeyTable(dialect, 'one_time_kyber_pre_key', dialect.bytes(2048), true),
  new EntitySchema<OneTimePreKeyRow>({
    name: 'one_time_pre_key',
    columns: {
      ...deviceKey(dialect, true),
      keyId: integerColumn('key_id', dialect.integer, { primary: true }),
      publicKey: bytesColumn('public_key', dialect.bytes(64)),
    },
    foreignKeys: [belongsToDevice('one_time_pre_key')],
  }),
];
