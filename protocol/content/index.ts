export * from './archive-entry.js';
export * from './content.js';
export { CONTENT_LIMITS } from './limits.js';
export { paddedLength } from './padding.js';
export * from './provisioning.js';
export {
  decodeStorageRecord,
  encodeStorageRecord,
  type ContactPin,
  type EarlierPasswordKey,
  type StorageRecordContent,
} from './storage-record.js';
export { decodeSync, encodeSync, supersedes } from './sync.js';
export type {
  AccountKeyRotation,
  ContactStanding,
  ContactState,
  Deletion,
  DeviceName,
  Draft,
  MessageName,
  ReadMarks,
  SentText,
  Setting,
  StorageRecordHint,
  SyncKind,
} from './sync.js';
