import type { UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { bytesColumn, instantColumn, textColumn } from '../columns.js';

export interface RateBucketRow {
  readonly bucketHash: Bytes;
  readonly fullAt: UnixMs;
}

export interface JobRow {
  readonly name: string;
  readonly holder: Bytes | null;
  readonly heldUntil: UnixMs;
  readonly finishedAt: UnixMs | null;
}

/** What processes share to keep house together. */
export const housekeepingEntities = ({ id, fixedBytes, text, bigInteger }: Dialect) => [
  new EntitySchema<RateBucketRow>({
    name: 'rate_bucket',
    columns: {
      bucketHash: bytesColumn('bucket_hash', fixedBytes(32), { primary: true }),
      fullAt: instantColumn('full_at', bigInteger),
    },
    indices: [{ name: 'IX_rate_bucket_full_at', columns: ['fullAt'] }],
  }),
  new EntitySchema<JobRow>({
    name: 'job',
    columns: {
      name: textColumn('name', text(32), { primary: true }),
      holder: bytesColumn('holder', id, { nullable: true }),
      heldUntil: instantColumn('held_until', bigInteger),
      finishedAt: instantColumn('finished_at', bigInteger, { nullable: true }),
    },
  }),
];
