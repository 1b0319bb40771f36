import type { AccountId, ArchiveId, UnixMs } from '@sotto/protocol/ids';
import { CASCADE, type Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, archiveIdColumn, bytesColumn, instantColumn, integerColumn, textColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface ArchiveRow {
  readonly accountId: AccountId;
  readonly archiveId: ArchiveId;
  readonly segmentCount: number | null;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

export interface ArchiveSegmentRow {
  readonly accountId: AccountId;
  readonly archiveId: ArchiveId;
  readonly number: number;
  readonly size: number;
  readonly digest: Bytes;
  readonly blobName: string;
  readonly storedAt: UnixMs;
}

const ARCHIVE = 'archive';
const ARCHIVE_SEGMENT = 'archive_segment';

export const archiveEntities = ({ id, fixedBytes, text, integer, bigInteger }: Dialect) => [
  new EntitySchema<ArchiveRow>({
    name: ARCHIVE,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      archiveId: archiveIdColumn('archive_id', id, { primary: true }),
      segmentCount: integerColumn('segment_count', integer, { nullable: true }),
      createdAt: instantColumn('created_at', bigInteger),
      expiresAt: instantColumn('expires_at', bigInteger),
    },
    indices: [{ name: 'IX_archive_expires_at', columns: ['expiresAt'] }],
    foreignKeys: [belongsToAccount(ARCHIVE)],
  }),
  new EntitySchema<ArchiveSegmentRow>({
    name: ARCHIVE_SEGMENT,
    columns: {
      accountId: accountIdColumn('account_id', id, { primary: true }),
      archiveId: archiveIdColumn('archive_id', id, { primary: true }),
      number: integerColumn('number', integer, { primary: true }),
      size: integerColumn('size', integer),
      digest: bytesColumn('digest', fixedBytes(32)),
      blobName: textColumn('blob_name', text(64)),
      storedAt: instantColumn('stored_at', bigInteger),
    },
    indices: [{ name: 'UQ_archive_segment_blob_name', columns: ['blobName'], unique: true }],
    foreignKeys: [
      {
        name: `FK_${ARCHIVE_SEGMENT}_archive`,
        target: ARCHIVE,
        columnNames: ['accountId', 'archiveId'],
        referencedColumnNames: ['accountId', 'archiveId'],
        ...CASCADE,
      },
    ],
  }),
];
