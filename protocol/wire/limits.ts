/** Sizes and counts that both sides hold each other to (SPEC §8). A value beyond its limit is refused before it is parsed. */
export const LIMITS = {
  /** One binary WebSocket message. */
  frameBytes: 256 * 1024,
  /** The ciphertext of one envelope. */
  envelopeBytes: 128 * 1024,
  /** Envelopes in one `Send`: one a device of the recipient. */
  envelopesPerSend: 10,
  /** Ids in one `Acknowledge`. */
  acknowledgementsPerFrame: 1_000,
  /** Envelopes in one `Deliver`. */
  envelopesPerDelivery: 100,
  /** An ordinary REST body. */
  bodyBytes: 64 * 1024,
  /** A REST body that carries prekeys. */
  preKeyBodyBytes: 512 * 1024,
  /** One-time keys of one kind in one upload, and stored for one device. */
  oneTimePreKeys: 100,
  /** A client refills its one-time keys below this count. */
  oneTimePreKeysLow: 10,
  /** Devices that an account may have where the host sets nothing else, and the most that a host may allow. */
  devicesDefault: 5,
  devicesMost: 10,
  /** Steps of one account's list in one answer. */
  listEntriesPerPage: 50,
  /** Fit into one body, however many devices they name. */
  listEntriesPerRestore: 10,
  /** Canonical bytes of a device certificate and of a device list. */
  certificateBytes: 512,
  deviceListBytes: 2_048,
  /** The encrypted storage record of an account, and a REST body that carries it. */
  storageRecordBytes: 256 * 1024,
  /** How far a version may be above the present one: more than a server that was put back can lack. */
  storageRecordVersionsAhead: 10_000,
  storageRecordBodyBytes: 352 * 1024,
  /** Canonical bytes of a recovery blob, and of the statement of a new root. */
  recoveryBlobBytes: 4_096,
  rootChangeBytes: 2_048,
  /** Recoveries of one account that may wait at a time; passwords that may prove one, newest first. */
  pendingRecoveries: 5,
  recoveryPasswords: 16,
  /** One sealed segment of a history archive, and the segments of one archive. */
  archiveSegmentBytes: 1024 * 1024 + 64 * 1024,
  archiveSegments: 4_096,
  /** Envelopes waiting for one device. */
  mailboxEnvelopes: 1_000,
  /** A link token with the longest host name. */
  linkTokenBytes: 512,
  /** One message of the link handshake. */
  linkMessageBytes: 16 * 1024,
  /** Messages of one link session: M1 to M4. */
  linkMessages: 4,
  /** How long one call may wait for the other side of a link session. */
  linkWaitMs: 25_000,
  /** Codes that stand in for a second factor. */
  backupCodes: 10,
  emailLength: 254,
  accessTokenLength: 2_048,
} as const;

/** Lifetimes that both sides reckon with, in milliseconds (and how often, where something is renewed). */
export const LIFETIMES = {
  accessTokenMs: 10 * 60_000,
  senderCertificateMs: 24 * 3_600_000,
  /** Proof of a password just entered: three renewals of a code and a whole link session fit into it. */
  stepUpMs: 15 * 60_000,
  /** How far ahead of the server's time a link token may expire. */
  linkTokenMs: 120_000,
  /** A link session that nobody has claimed; with a code that is typed it stays open longer. */
  linkOpenMs: 90_000,
  linkOpenTypedMs: 5 * 60_000,
  /** From the claim to the approval, and from the beginning to the activation. */
  linkClaimedMs: 5 * 60_000,
  linkSessionMs: 10 * 60_000,
  /** The code on the screen renews itself after this time, so often before the password is asked for again. */
  linkRenewalMs: 60_000,
  linkRenewals: 3,
  /** The access key before an unlink. */
  previousAccessKeyMs: 14 * 24 * 3_600_000,
  /** After a restore of the server only the recovery key changes device lists. */
  restoreHoldMs: 24 * 3_600_000,
  /** Codes sent by mail. */
  emailConfirmationMs: 24 * 3_600_000,
  passwordResetMs: 3_600_000,
  /** Undelivered envelopes expire. */
  envelopeMs: 30 * 24 * 3_600_000,
  /** A recovery waits so long for a veto where another device of the account is in use. */
  recoveryHoldMs: 24 * 3_600_000,
  /** A device counts as in use so long after it was last seen. */
  deviceInUseMs: 7 * 24 * 3_600_000,
  /** A recovery whose hold is over has to be finished within. */
  recoveryFinishMs: 7 * 24 * 3_600_000,
  /** A password that was replaced still proves a recovery so long. */
  replacedPasswordMs: 30 * 24 * 3_600_000,
  /** A new root that no earlier account identity key has signed takes effect after so long. */
  newRootNoticeMs: 7 * 24 * 3_600_000,
  /** A history archive is deleted so long after its newest segment came. */
  archiveMs: 7 * 24 * 3_600_000,
  /** A socket that has not authenticated by then is closed. */
  authenticateMs: 10_000,
} as const;
