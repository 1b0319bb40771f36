import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface StorageRecordRow {
  readonly accountId: AccountId;
  readonly version: number;
  readonly record: Bytes;
  readonly updatedAt: UnixMs;
}

const STORAGE_RECORD = 'storage_record';

export const storageRecordEntity = ({ id, bigInteger, payload }: Dialect) =>
  new EntitySchema<StorageRecordRow>({
    name: STORAGE_RECORD,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      version: integerColumn('version', bigInteger),
      record: bytesColumn('record', payload),
      updatedAt: instantColumn('updated_at', bigInteger),
    },
    foreignKeys: [belongsToAccount(STORAGE_RECORD)],
  });
