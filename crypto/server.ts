/**
 * The small half of the package that a server may use: issue and verify what is public, compare in constant time. Nothing
 * here, nor anything that it imports, can open a message (a boundary rule sees to it).
 */
export { accessKeyVerifier } from './access/access-key.js';
export { issueSignInChallenge, verifySignInChallenge, type ChallengeVerdict } from './access/sign-in-challenge.js';
export {
  hashRefreshToken,
  verifyDeletionProof,
  verifyRefreshProof,
  verifySignInProof,
  type DeletionProof,
  type RefreshProof,
  type SignInProof,
} from './access/token-proof.js';
export { systemRandom } from './backend/system-random.js';
export { constantTimeEqual } from './constant-time.js';
export type { Clock, RandomSource } from './environment.js';
export type { AccountRoot } from './identity/account-root.js';
export {
  certificateHash,
  parseCertificate,
  type CertificateRefusal,
  type CertificateVerdict,
  type DeviceCertificate,
  type SignedCertificate,
  type UntrustedCertificate,
  type VerifiedCertificate,
} from './identity/certificate.js';
export { listHash, parseDeviceList, type DeviceList, type ListPlace } from './identity/device-list.js';
export { advanceHead, type StepRefusal, type StepVerdict, type UntrustedStep } from './identity/list-pin.js';
export { verifyGenesis, verifyNextList, verifyRecoveryList } from './identity/list-rules.js';
export type { ListOwner, ListRefusal, ListRules, ListVerdict, UntrustedList } from './identity/list-verdict.js';
export { issueReceipt, verifyReceipt, type ListReceipt } from './identity/receipt.js';
export {
  parseRootChange,
  rootChangeHash,
  type RootChange,
  type RootChangeRefusal,
  type RootChangeVerdict,
  type UntrustedRootChange,
} from './identity/root-change.js';
export { restoreHead, type VerifiedHead } from './identity/verified-head.js';
export * from './keys.js';
export { verifyPreKeyUpload, type PreKeyUpload, type UploadVerdict } from './prekey/prekey-upload.js';
export { verifyRecoveryFetch } from './recovery/blob-access.js';
export {
  recoveryBlobHash,
  verifyRecoveryBlob,
  type RecoveryBlobFrame,
  type RecoveryBlobRefusal,
  type RecoveryBlobVerdict,
  type UntrustedRecoveryBlob,
} from './recovery/recovery-blob-form.js';
export {
  recoveryAuthenticationHash,
  recoveryRequestHash,
  verifyRecoveryRequest,
  type RecoveryRequest,
} from './recovery/recovery-request.js';
export { verifyVeto, type Veto, type VetoVerdict } from './recovery/veto.js';
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
export { Secret } from './secret.js';
export {
  createServerKeys,
  encodeServerKeyRing,
  issueSenderCertificate,
  loadServerKeys,
  type ServerKeyRing,
} from './server-keys/key-ring.js';
export { trustRootFingerprint } from './server-keys/pin.js';
export type { ServerKeys, SignedServerKeys } from './server-keys/server-keys.js';
export { type StorageRecordFrame } from './storage-record/storage-record-form.js';
