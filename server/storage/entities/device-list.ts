import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface DeviceListRow {
  readonly accountId: AccountId;
  readonly epoch: number;
  readonly number: number;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly listHash: Bytes;
  readonly previousHash: Bytes;
  readonly receivedAt: UnixMs;
  readonly receiptSignature: Bytes;
}

export const DEVICE_LIST = 'device_list';

export const deviceListEntity = ({ id, fixedBytes, bytes, integer, bigInteger }: Dialect) =>
  new EntitySchema<DeviceListRow>({
    name: DEVICE_LIST,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      epoch: integerColumn('epoch', bigInteger, { primary: true }),
      number: integerColumn('number', integer, { primary: true }),
      bytes: bytesColumn('bytes', bytes(2048)),
      signature: bytesColumn('signature', bytes(64)),
      listHash: bytesColumn('list_hash', fixedBytes(32)),
      previousHash: bytesColumn('previous_hash', fixedBytes(32)),
      receivedAt: instantColumn('received_at', bigInteger),
      receiptSignature: bytesColumn('receipt_signature', bytes(64)),
    },
    foreignKeys: [belongsToAccount(DEVICE_LIST)],
  });
