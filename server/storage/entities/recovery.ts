import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn, textColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface RecoveryBlobRow {
  readonly accountId: AccountId;
  readonly blobId: Bytes;
  readonly fetchSecretHash: Bytes;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly storageRecordVersion: number;
  readonly updatedAt: UnixMs;
}

export interface RecoveryRequestRow {
  readonly accountId: AccountId;
  readonly requestHash: Bytes;
  readonly challenge: Bytes;
  readonly listHash: Bytes;
  readonly certificateHash: Bytes;
  readonly authenticationHash: Bytes;
  readonly accessKeyVerifier: Bytes;
  readonly refreshTokenHash: Bytes;
  readonly blobHash: Bytes;
  readonly provesPassword: number;
  readonly signature: Bytes;
  readonly requestedAt: UnixMs;
  readonly heldUntil: UnixMs;
  readonly expiresAt: UnixMs;
  readonly vetoedAt: UnixMs | null;
}

export interface EarlierPasswordRow {
  readonly accountId: AccountId;
  readonly salt: Bytes;
  readonly memoryKiB: number;
  readonly iterations: number;
  readonly parallelism: number;
  readonly verifier: string;
  readonly validUntil: UnixMs;
}

export const RECOVERY_BLOB = 'recovery_blob';
export const RECOVERY_REQUEST = 'recovery_request';
export const EARLIER_PASSWORD = 'earlier_password';

const recoveryBlobEntity = ({ id, fixedBytes, bytes, bigInteger }: Dialect) =>
  new EntitySchema<RecoveryBlobRow>({
    name: RECOVERY_BLOB,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      blobId: bytesColumn('blob_id', id),
      fetchSecretHash: bytesColumn('fetch_secret_hash', fixedBytes(32)),
      bytes: bytesColumn('bytes', bytes(4096)),
      signature: bytesColumn('signature', bytes(64)),
      storageRecordVersion: integerColumn('storage_record_version', bigInteger),
      updatedAt: instantColumn('updated_at', bigInteger),
    },
    indices: [{ name: 'UQ_recovery_blob_blob_id', columns: ['blobId'], unique: true }],
    foreignKeys: [belongsToAccount(RECOVERY_BLOB)],
  });

const recoveryRequestEntity = ({ id, fixedBytes, bytes, integer, bigInteger }: Dialect) =>
  new EntitySchema<RecoveryRequestRow>({
    name: RECOVERY_REQUEST,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      requestHash: bytesColumn('request_hash', fixedBytes(32), { primary: true }),
      challenge: bytesColumn('challenge', bytes(64)),
      listHash: bytesColumn('list_hash', fixedBytes(32)),
      certificateHash: bytesColumn('certificate_hash', fixedBytes(32)),
      authenticationHash: bytesColumn('authentication_hash', fixedBytes(32)),
      accessKeyVerifier: bytesColumn('access_key_verifier', fixedBytes(32)),
      refreshTokenHash: bytesColumn('refresh_token_hash', fixedBytes(32)),
      blobHash: bytesColumn('blob_hash', fixedBytes(32)),
      provesPassword: integerColumn('proves_password', integer),
      signature: bytesColumn('signature', bytes(64)),
      requestedAt: instantColumn('requested_at', bigInteger),
      heldUntil: instantColumn('held_until', bigInteger),
      expiresAt: instantColumn('expires_at', bigInteger),
      vetoedAt: instantColumn('vetoed_at', bigInteger, { nullable: true }),
    },
    indices: [{ name: 'IX_recovery_request_expires_at', columns: ['expiresAt'] }],
    foreignKeys: [belongsToAccount(RECOVERY_REQUEST)],
  });

const earlierPasswordEntity = ({ id, fixedBytes, text, integer, bigInteger }: Dialect) =>
  new EntitySchema<EarlierPasswordRow>({
    name: EARLIER_PASSWORD,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      salt: bytesColumn('salt', fixedBytes(16), { primary: true }),
      memoryKiB: integerColumn('memory_kib', integer),
      iterations: integerColumn('iterations', integer),
      parallelism: integerColumn('parallelism', integer),
      verifier: textColumn('verifier', text(255)),
      validUntil: instantColumn('valid_until', bigInteger),
    },
    indices: [{ name: 'IX_earlier_password_valid_until', columns: ['validUntil'] }],
    foreignKeys: [belongsToAccount(EARLIER_PASSWORD)],
  });

export const recoveryEntities = (dialect: Dialect) => [
  recoveryBlobEntity(dialect),
  recoveryRequestEntity(dialect),
  earlierPasswordEntity(dialect),
];
