import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { bytesColumn, instantColumn } from '../columns.js';
import { belongsToDevice, deviceKey } from './device.js';

export interface RefreshTokenFamilyRow {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly tokenHash: Bytes;
  readonly previousTokenHash: Bytes | null;
  readonly issuedAt: UnixMs;
  readonly expiresAt: UnixMs;
  readonly revokedAt: UnixMs | null;
}

export const REFRESH_TOKEN_FAMILY = 'refresh_token_family';

export const refreshTokenFamilyEntity = (dialect: Dialect) =>
  new EntitySchema<RefreshTokenFamilyRow>({
    name: REFRESH_TOKEN_FAMILY,
    columns: {
      ...deviceKey(dialect, true),
      tokenHash: bytesColumn('token_hash', dialect.fixedBytes(32)),
      previousTokenHash: bytesColumn('previous_token_hash', dialect.fixedBytes(32), { nullable: true }),
      issuedAt: instantColumn('issued_at', dialect.bigInteger),
      expiresAt: instantColumn('expires_at', dialect.bigInteger),
      revokedAt: instantColumn('revoked_at', dialect.bigInteger, { nullable: true }),
    },
    foreignKeys: [belongsToDevice(REFRESH_TOKEN_FAMILY)],
  });
