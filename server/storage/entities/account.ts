import type { AccountId, UnixMs, Username } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn, textColumn, usernameColumn } from '../columns.js';

export interface AccountRow {
  readonly accountId: AccountId;
  readonly username: Username;
  readonly usernameKey: string;
  readonly email: string | null;
  readonly emailKey: string | null;
  readonly authSalt: Bytes;
  readonly authMemoryKiB: number;
  readonly authIterations: number;
  readonly authParallelism: number;
  readonly authVerifier: string;
  readonly accountIdentityKey: Bytes;
  readonly recoveryPublicKey: Bytes;
  readonly accessVerifier: Bytes;
  readonly previousAccessVerifier: Bytes | null;
  readonly previousAccessVerifierExpiresAt: UnixMs | null;
  readonly createdAt: UnixMs;
  readonly emailConfirmedAt: UnixMs | null;
  readonly disabledAt: UnixMs | null;
  readonly linkingLockedAt: UnixMs | null;
}

export const ACCOUNT = 'account';

export const accountEntity = ({ id, fixedBytes, bytes, text, integer, bigInteger }: Dialect) =>
  new EntitySchema<AccountRow>({
    name: ACCOUNT,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      username: usernameColumn('username', text(32)),
      usernameKey: textColumn('username_key', text(32)),
      email: textColumn('email', text(254), { nullable: true }),
      emailKey: textColumn('email_key', text(254), { nullable: true }),
      authSalt: bytesColumn('auth_salt', bytes(64)),
      authMemoryKiB: integerColumn('auth_memory_kib', integer),
      authIterations: integerColumn('auth_iterations', integer),
      authParallelism: integerColumn('auth_parallelism', integer),
      authVerifier: textColumn('auth_verifier', text(255)),
      accountIdentityKey: bytesColumn('account_identity_key', bytes(64)),
      recoveryPublicKey: bytesColumn('recovery_public_key', bytes(2048)),
      accessVerifier: bytesColumn('access_verifier', fixedBytes(32)),
      previousAccessVerifier: bytesColumn('previous_access_verifier', fixedBytes(32), { nullable: true }),
      previousAccessVerifierExpiresAt: instantColumn('previous_access_verifier_expires_at', bigInteger, {
        nullable: true,
      }),
      createdAt: instantColumn('created_at', bigInteger),
      emailConfirmedAt: instantColumn('email_confirmed_at', bigInteger, { nullable: true }),
      disabledAt: instantColumn('disabled_at', bigInteger, { nullable: true }),
      linkingLockedAt: instantColumn('linking_locked_at', bigInteger, { nullable: true }),
    },
    indices: [
      { name: 'UQ_account_username_key', columns: ['usernameKey'], unique: true },
      { name: 'UQ_account_email_key', columns: ['emailKey'], unique: true },
      { name: 'IX_account_disabled_at', columns: ['disabledAt'] },
    ],
  });
