import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

interface SignedChangeColumns {
  readonly accountId: AccountId;
  readonly bytes: Bytes;
  readonly newRootSignature: Bytes;
  readonly signerSignature: Bytes;
}

export interface RootNoticeRow extends SignedChangeColumns {
  readonly requestHash: Bytes;
  readonly requestedAt: UnixMs;
  readonly heldUntil: UnixMs;
  readonly expiresAt: UnixMs;
  readonly stoppedAt: UnixMs | null;
}

export interface RootChangeRow extends SignedChangeColumns {
  readonly epoch: number;
  readonly oldAccountIdentityKey: Bytes;
  readonly oldRecoveryPublicKey: Bytes;
}

export const ROOT_NOTICE = 'root_notice';
export const ROOT_CHANGE = 'root_change';

const signedChange = ({ bytes }: Dialect) => ({
  bytes: bytesColumn('bytes', bytes(2048)),
  newRootSignature: bytesColumn('new_root_signature', bytes(64)),
  signerSignature: bytesColumn('signer_signature', bytes(64)),
});

const rootNoticeEntity = (dialect: Dialect) =>
  new EntitySchema<RootNoticeRow>({
    name: ROOT_NOTICE,
    columns: {
      accountId: accountIdColumn('account_id', dialect.id, { primary: true }),
      requestHash: bytesColumn('request_hash', dialect.fixedBytes(32)),
      ...signedChange(dialect),
      requestedAt: instantColumn('requested_at', dialect.bigInteger),
      heldUntil: instantColumn('held_until', dialect.bigInteger),
      expiresAt: instantColumn('expires_at', dialect.bigInteger),
      stoppedAt: instantColumn('stopped_at', dialect.bigInteger, { nullable: true }),
    },
    foreignKeys: [belongsToAccount(ROOT_NOTICE)],
  });

const rootChangeEntity = (dialect: Dialect) =>
  new EntitySchema<RootChangeRow>({
    name: ROOT_CHANGE,
    columns: {
      accountId: accountIdColumn('account_id', dialect.id, { primary: true }),
      epoch: integerColumn('epoch', dialect.bigInteger, { primary: true }),
      ...signedChange(dialect),
      oldAccountIdentityKey: bytesColumn('old_account_identity_key', dialect.bytes(64)),
      oldRecoveryPublicKey: bytesColumn('old_recovery_public_key', dialect.bytes(2048)),
    },
    foreignKeys: [belongsToAccount(ROOT_CHANGE)],
  });

export const rootEntities = (dialect: Dialect) => [rootNoticeEntity(dialect), rootChangeEntity(dialect)];
