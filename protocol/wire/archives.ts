import { z } from 'zod';
import { UnixMsField } from './fields.js';
import { LIMITS } from './limits.js';

const SegmentNumber = z
  .number()
  .int()
  .min(0)
  .max(LIMITS.archiveSegments - 1);

export const PutArchiveSegmentQuery = z.strictObject({
  /** `true`: with this segment the archive ends; it is complete once every earlier one is there. */
  last: z.enum(['true', 'false']).optional(),
});

/** What the server holds of one history archive (SPEC §14.8). Whether it is whole and genuine only its reader can tell. */
export const ArchiveState = z.strictObject({
  /** In ascending order. */
  segments: z.array(SegmentNumber).max(LIMITS.archiveSegments),
  /** Known once the last segment has come. */
  segmentCount: z.number().int().min(1).max(LIMITS.archiveSegments).optional(),
  /** Every segment from the first to the last is there. */
  complete: z.boolean(),
  expiresAt: UnixMsField,
});
export type ArchiveState = z.infer<typeof ArchiveState>;
