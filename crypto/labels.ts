/**
 * Every domain string of the package in one table: what a hash, signature, derivation or AEAD is for (SPEC §1.3).
 * No two are equal and none begins another, so that bytes made for one purpose mean nothing for any other.
 */
export const LABELS = {
  // Signed structures and their hashes: the label stands first, without a length.
  deviceId: 'sotto/device-id/1',
  deviceCertificate: 'sotto/device-cert/1',
  deviceList: 'sotto/device-list/1',
  listReceipt: 'sotto/list-receipt/1',
  serverKeys: 'sotto/server-keys/1',
  rootChange: 'sotto/root-change/1',
  recoveryBlob: 'sotto/recovery-blob/1',
  recoveryPayload: 'sotto/recovery-payload/1',
  recoveryRequest: 'sotto/recovery-request/1',
  recoveryAuthentication: 'sotto/recovery-authentication/1',
  recoveryFetchVerifier: 'sotto/recovery-fetch/1',
  veto: 'sotto/veto/1',
  storageRecord: 'sotto/storage-record/1',
  archive: 'sotto/archive/1',
  archiveSegment: 'sotto/archive-segment/1',
  archiveDigest: 'sotto/archive-digest/1',
  backupFile: 'sotto/backup-file/1',

  // Access to the server
  refreshProof: 'sotto/refresh/1',
  refreshTokenHash: 'sotto/refresh-token/1',
  signInProof: 'sotto/sign-in/1',
  signInChallenge: 'sotto/challenge/1',
  deletionProof: 'sotto/account-deletion/1',
  accessKeyVerifier: 'sotto/access-key/1',

  // HKDF info
  accountIdentityKey: 'sotto/recovery/account-identity-key/1',
  recoveryX25519: 'sotto/recovery/x25519/1',
  recoveryMlKem768: 'sotto/recovery/ml-kem-768/1',
  recoveryBlobId: 'sotto/recovery/blob-id/1',
  recoveryFetchSecret: 'sotto/recovery/fetch-secret/1',
  recoveryBlobKey: 'sotto/recovery-blob-key/1',
  storageRecordKey: 'sotto/storage-record-key/1',
  archiveHeaderTag: 'sotto/archive-header-tag/1',
  archiveSegmentKey: 'sotto/archive-segment-key/1',
  backupPassphraseKey: 'sotto/backup-passphrase/1',
  backupRecoveryKey: 'sotto/backup-recovery/1',
  passwordAuthentication: 'sotto/password/auth/1',
  passwordKey: 'sotto/password/key/1',
  passphraseKey: 'sotto/passphrase/key/1',

  // Associated data
  wrappedKey: 'sotto/wrapped-key/1',
  backupSlot: 'sotto/backup-slot/1',

  // Linking (SPEC §10): the version of the protocol stands first.
  linkToken: 'slk1/token',
  linkSession: 'slk1/sid',
  linkTranscript: 'slk1/transcript',
  linkFirstKey: 'slk1/m1',
  linkKeys: 'slk1/keys',
  linkProof: 'slk1/proof',
  linkContest: 'slk1/contest',
  manualCodeCheck: 'slk1/manual/check',
  manualCodeLookup: 'slk1/manual/lookup',
  manualCodeSecret: 'slk1/manual/secret',
} as const satisfies Record<string, `sotto/${string}` | `slk1/${string}`>;

/** One domain string. */
export type Label = (typeof LABELS)[keyof typeof LABELS];
