export { constantTimeEqual } from './constant-time.js';
export type { Clock, RandomSource } from './environment.js';
export {
  createArchive,
  type ArchiveHeaderVerdict,
  type ArchiveIdentity,
  type OpenArchive,
} from './archive/archive-header.js';
export type { ArchivePosition } from './archive/archive-position.js';
export { ArchiveReader } from './archive/archive-reader.js';
export type { SegmentRefusal, SegmentVerdict } from './archive/archive-segment.js';
export { ArchiveWriter, type WrittenSegment } from './archive/archive-writer.js';
export {
  BACKUP_HEADER_MOST_BYTES,
  readBackupHeader,
  unlockBackupWithPassphrase,
  unlockBackupWithRecoveryKey,
  type BackupHeader,
  type BackupHeaderVerdict,
  type BackupUnlockVerdict,
} from './archive/backup-header.js';
export { BackupReader, type BackupPart } from './archive/backup-reader.js';
export { BackupWriter, type BackupLocks } from './archive/backup-writer.js';
export { systemRandom } from './backend/system-random.js';
export { deriveAccessKey } from './backend/profile.js';
export { accessKeyVerifier } from './access/access-key.js';
export {
  hashRefreshToken,
  signDeletionProof,
  signRefreshProof,
  signSignInProof,
  type RefreshProof,
  type SignInProof,
} from './access/token-proof.js';
export { createAccount, type NewAccount } from './identity/account.js';
export { deriveAccountRoot, type AccountRoot } from './identity/account-root.js';
export {
  certificateHash,
  parseCertificate,
  type CertificateVerdict,
  type DeviceCertificate,
  type SignedCertificate,
  type VerifiedCertificate,
} from './identity/certificate.js';
export { epochAfter, signFirstList, startEpoch, type NewEpoch } from './identity/new-epoch.js';
export {
  rootChangeHash,
  signRootChange,
  verifyRootChange,
  type RootChange,
  type RootChangeAuthority,
  type SignedRootChange,
  type UntrustedRootChange,
} from './identity/root-change.js';
export { deviceIdOf } from './identity/device-id.js';
export {
  deviceSigningPublicKeyOf,
  generateDeviceKeys,
  identityKeyPairOf,
  linkPublicKeyOf,
  type DeviceKeys,
} from './identity/device-keys.js';
export { listHash, type DeviceList, type ListPlace } from './identity/device-list.js';
export { verifyChain, type ChainVerdict, type PassedList } from './identity/list-chain.js';
export { type StepRefusal, type StepVerdict, type UntrustedStep } from './identity/list-pin.js';
export { signDeviceList, type SignedDeviceList } from './identity/list-signature.js';
export type { ListOwner, ListRefusal } from './identity/list-verdict.js';
export { type ListReceipt } from './identity/receipt.js';
export { restoreHead, type VerifiedHead } from './identity/verified-head.js';
export * from './keys.js';
export { Secret } from './secret.js';
export {
  databaseKeyWrapping,
  earlierPasswordKeyWrapping,
  linkKeyWrapping,
  recoverySeedWrapping,
  type KeyOwner,
  type KeyWrapping,
  type UnwrapVerdict,
  type WrappingKey,
} from './local-storage/key-wrapping.js';
export { deriveRecoveryBlobAccess, recoveryFetchVerifier, type RecoveryBlobAccess } from './recovery/blob-access.js';
export {
  openRecoveryBlob,
  sealRecoveryBlob,
  type OpenedRecoveryBlob,
  type RecoveredKeys,
  type RecoveryBlobSealing,
} from './recovery/recovery-blob.js';
export {
  parseRecoveryBlob,
  recoveryBlobHash,
  type RecoveryBlobFrame,
  type RecoveryBlobRefusal,
  type SignedRecoveryBlob,
  type UntrustedRecoveryBlob,
} from './recovery/recovery-blob-form.js';
export {
  drawRecoveryKeyGroups,
  holdsRecoveryKey,
  isRecoveryKeyGroup,
  parseRecoveryKey,
  recoveryKeyGroups,
  recoveryKeyQrText,
  type RecoveryKeyVerdict,
} from './recovery/recovery-key.js';
export {
  recoveryAuthenticationHash,
  recoveryRequestHash,
  signRecoveryRequest,
  verifyRecoveryRequest,
  type RecoveryRequest,
} from './recovery/recovery-request.js';
export { signVeto, type Veto } from './recovery/veto.js';
export { parsePassword, type Password } from './password/password.js';
export {
  derivePassphraseKey,
  derivePasswordKeys,
  newStretchParameters,
  type PasswordKeys,
} from './password/stretch.js';
export {
  acceptStretch,
  type StretchCost,
  type StretchParameters,
  type StretchRefusal,
  type StretchVerdict,
} from './password/stretch-parameters.js';
export {
  type AwaitedGrant,
  type ReceivedGrant,
  type GrantRefusal,
  type JoinVerdict,
  type LinkJoin,
  type OpenedGrant,
  type UntrustedGrant,
} from './provisioning/grant-receipt.js';
export type { HandshakeRefusal, HandshakeRefused } from './provisioning/handshake.js';
export type { NewDevice, OwnDevice } from './provisioning/introduction.js';
export { claimLinkOffer, type LinkClaim, type AnswerVerdict } from './provisioning/link-claim.js';
export {
  holdsLinkSecret,
  offerOfManualCode,
  parseLinkCode,
  type LinkCode,
  type LinkCodeVerdict,
  type ManualOfferVerdict,
} from './provisioning/link-code.js';
export {
  type GrantedLink,
  type MatchedLink,
  type GrantInput,
  type GrantVerdict,
  type LinkGrant,
} from './provisioning/link-grant.js';
export {
  type ClaimedOffer,
  createLinkOffer,
  type LinkOffer,
  type ProvenOffer,
  type ClaimVerdict,
  type DigitsVerdict,
  type OfferInput,
  type ProofVerdict,
} from './provisioning/link-offer.js';
export {
  type AnsweredRequest,
  createLinkRequest,
  type LinkRequest,
  type RequestInput,
  type ScanVerdict,
  type TypedVerdict,
} from './provisioning/link-request.js';
export {
  type AnsweredScan,
  type LinkScan,
  scanLinkRequest,
  type ConfirmationVerdict,
  type RequestAnswerVerdict,
  type StartedScan,
} from './provisioning/link-scan.js';
export { restoreLinkState, type AuthorisedLinkState, type NewDeviceLinkState } from './provisioning/link-state.js';
export {
  linkSessionIdOf,
  parseLinkToken,
  verifyLinkToken,
  type LinkToken,
  type OfferToken,
  type RequestToken,
  type TokenParse,
  type TokenRefusal,
  type TokenVerdict,
} from './provisioning/link-token.js';
export {
  formatManualCode,
  generateManualCode,
  manualCodeLookupId,
  parseManualCode,
  type ManualCodeVerdict,
} from './provisioning/manual-code.js';
export {
  safetyNumberOf,
  type SafetyNumber,
  type SafetyNumberComparison,
  type SafetyNumberSide,
} from './safety-number/safety-number.js';
export {
  pinServer,
  restorePin,
  trustRootFingerprint,
  type PinVerdict,
  type ServerPin,
  type UntrustedServer,
} from './server-keys/pin.js';
export type { ServerKeys, SignedServerKeys, UntrustedServerKeys } from './server-keys/server-keys.js';
export {
  generateKyberPreKey,
  generatePreKey,
  generateSignedPreKey,
  publicKyberPreKey,
  publicPreKey,
  publicSignedPreKey,
  type PreKeySigner,
} from './backend/libsignal-prekeys.js';
export { PreKeyBundle, type BundleVerdict, type UntrustedPreKeyBundle } from './prekey/prekey-bundle.js';
export {
  expiredPreKeys,
  isRotationDue,
  preKeyIdsAfter,
  refillCount,
  type DatedPreKey,
} from './prekey/prekey-upkeep.js';
export {
  verifyPreKeyUpload,
  type PreKeyUpload,
  type UntrustedPreKeyUpload,
  type UploadVerdict,
} from './prekey/prekey-upload.js';
export type { ContentBinding, ContentGate, DecodedContent, DeviceStanding } from './sealed-sender/content-gate.js';
export type { OpenResult, SealedEnvelope } from './sealed-sender/open.js';
export type { MessageCopy, OutgoingMessage, SealedCopy, SealResult } from './sealed-sender/seal.js';
export {
  OwnSenderCertificate,
  type OwnCertificateVerdict,
  type SenderTrust,
} from './sealed-sender/sender-certificate.js';
export {
  BATCH_MOST,
  DeviceMessenger,
  type DeviceMessengerOptions,
  type Received,
  type ReceiveOptions,
  type SendOptions,
  type Sent,
} from './session/device-messenger.js';
export { openStorageRecord, sealStorageRecord, type OpenedStorageRecord } from './storage-record/storage-record.js';
export { storageRecordHash, type StorageRecordFrame } from './storage-record/storage-record-form.js';
export type { DurableState, KyberPreKey, LocalIdentity, RatchetState, ReplayMark, StateChanges } from './store.js';
