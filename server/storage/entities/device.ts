import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import { CASCADE, type Dialect } from '@sotto/migrations/dialect';
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, deviceIdColumn, instantColumn, integerColumn } from '../columns.js';
import { ACCOUNT } from './account.js';

export interface DeviceRow {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly certificateHash: Bytes;
  readonly signingKey: Bytes;
  readonly identityKey: Bytes;
  readonly linkKey: Bytes | null;
  readonly registrationId: number;
  readonly linkedAt: UnixMs;
  readonly lastSeenDay: number | null;
  readonly expiredEnvelopes: number;
}

export interface DeviceCertificateRow {
  readonly accountId: AccountId;
  readonly certificateHash: Bytes;
  readonly deviceId: DeviceId;
  readonly bytes: Bytes;
  readonly signingKeySignature: Bytes;
  readonly identityKeySignature: Bytes;
}

export const DEVICE = 'device';
export const DEVICE_CERTIFICATE = 'device_certificate';

/** For tables whose rows end with their account. */
export const belongsToAccount = (table: string) => ({
  name: `FK_${table}_account`,
  target: ACCOUNT,
  columnNames: ['accountId'],
  referencedColumnNames: ['accountId'],
  ...CASCADE,
});

/** For tables whose rows end with their device. */
export const belongsToDevice = (table: string) => ({
  name: `FK_${table}_device`,
  target: DEVICE,
  columnNames: ['accountId', 'deviceId'],
  referencedColumnNames: ['accountId', 'deviceId'],
  ...CASCADE,
});

/** The key columns of a device, also where they are the key or a part of it. */
export const deviceKey = (
  { id }: Dialect,
  primary: boolean,
): { accountId: EntitySchemaColumnOptions; deviceId: EntitySchemaColumnOptions } => ({
  accountId: accountIdColumn('account_id', id, { primary }),
  deviceId: deviceIdColumn('device_id', id, { primary }),
});

export const deviceEntity = (dialect: Dialect) =>
  new EntitySchema<DeviceRow>({
    name: DEVICE,
    columns: {
      ...deviceKey(dialect, true),
      certificateHash: bytesColumn('certificate_hash', dialect.fixedBytes(32)),
      signingKey: bytesColumn('signing_key', dialect.fixedBytes(32)),
      identityKey: bytesColumn('identity_key', dialect.bytes(64)),
      linkKey: bytesColumn('link_key', dialect.fixedBytes(32), { nullable: true }),
      registrationId: integerColumn('registration_id', dialect.integer),
      linkedAt: instantColumn('linked_at', dialect.bigInteger),
      lastSeenDay: integerColumn('last_seen_day', dialect.integer, { nullable: true }),
      expiredEnvelopes: integerColumn('expired_envelopes', dialect.integer),
    },
    indices: [{ name: 'UQ_device_device_id', columns: ['deviceId'], unique: true }],
    foreignKeys: [belongsToAccount(DEVICE)],
  });

export const deviceCertificateEntity = ({ id, fixedBytes, bytes }: Dialect) =>
  new EntitySchema<DeviceCertificateRow>({
    name: DEVICE_CERTIFICATE,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      certificateHash: bytesColumn('certificate_hash', fixedBytes(32), { primary: true }),
      deviceId: deviceIdColumn('device_id', id),
      bytes: bytesColumn('bytes', bytes(512)),
      signingKeySignature: bytesColumn('signing_key_signature', bytes(64)),
      identityKeySignature: bytesColumn('identity_key_signature', bytes(64)),
    },
    foreignKeys: [belongsToAccount(DEVICE_CERTIFICATE)],
  });
