import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface SecondFactorRow {
  readonly accountId: AccountId;
  readonly secret: Bytes;
  readonly lastStep: number;
  readonly createdAt: UnixMs;
  readonly confirmedAt: UnixMs | null;
}

export interface BackupCodeRow {
  readonly accountId: AccountId;
  readonly codeHash: Bytes;
}

const SECOND_FACTOR = 'second_factor';
const BACKUP_CODE = 'backup_code';

export const secondFactorEntities = ({ id, bytes, fixedBytes, bigInteger }: Dialect) => [
  new EntitySchema<SecondFactorRow>({
    name: SECOND_FACTOR,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      secret: bytesColumn('secret', bytes(64)),
      lastStep: integerColumn('last_step', bigInteger),
      createdAt: instantColumn('created_at', bigInteger),
      confirmedAt: instantColumn('confirmed_at', bigInteger, { nullable: true }),
    },
    foreignKeys: [belongsToAccount(SECOND_FACTOR)],
  }),
  new EntitySchema<BackupCodeRow>({
    name: BACKUP_CODE,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      codeHash: bytesColumn('code_hash', fixedBytes(32), { primary: true }),
    },
    foreignKeys: [belongsToAccount(BACKUP_CODE)],
  }),
];
