/** Sizes inside the sealed part; the server cannot see or enforce them (SPEC §8). */
export const CONTENT_LIMITS = {
  /** UTF-16 code units in the body of a text; longer texts travel as attachments. */
  textLength: 5_000,
  receiptMessageIds: 500,
  /** Names in one read mark or deletion. */
  syncMessageNames: 500,
  /** UTF-16 code units in a draft: what a person may have typed before it is cut into messages. */
  draftLength: 20_000,
  settingNameLength: 64,
  settingValueLength: 1_024,
  deviceNameLength: 64,
  /** What a device runs on, as shown to people. */
  systemNameLength: 64,
  /** A content inside an archive entry, of a kind that the writer did not know. */
  newerContentBytes: 128 * 1_024,
  /** The encoded storage record before it is encrypted. */
  storageRecordBytes: 512 * 1_024,
  /** The encoded payload of M4. */
  provisioningBytes: 12 * 1_024,
  /** An encoded archive entry. */
  archiveEntryBytes: 256 * 1_024,
  wrappedKeyBytes: 256,
  /** Password keys before the present one that are kept (SPEC §9.2). */
  earlierPasswordKeys: 32,
} as const;
