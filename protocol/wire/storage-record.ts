import { z } from 'zod';
import { someBytes } from './fields.js';
import { LIMITS } from './limits.js';
import { Hash } from './rest.js';

/** Versions begin with 1; 0 stands for "none yet". */
const Version = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** The encrypted state that an account's devices share (SPEC §14.1). `record` is absent for version 0. */
export const StorageRecord = z.strictObject({
  version: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
  record: someBytes(LIMITS.storageRecordBytes).optional(),
});
export type StorageRecord = z.infer<typeof StorageRecord>;

export const PutStorageRecordRequest = z.strictObject({
  /** What this record becomes: one more than the newest version that its writer knows of; refused unless the present one is lower. */
  version: Version,
  record: someBytes(LIMITS.storageRecordBytes),
});
export type PutStorageRecordRequest = z.infer<typeof PutStorageRecordRequest>;

export const ReplaceAccessKeyRequest = z.strictObject({
  verifier: Hash,
  /** Contacts may use the key before for two more weeks: after an unlink, never after a block. */
  grace: z.boolean(),
});
export type ReplaceAccessKeyRequest = z.infer<typeof ReplaceAccessKeyRequest>;
