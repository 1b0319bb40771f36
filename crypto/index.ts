export { constantTimeEqual } from './constant-time.js';
export type { Clock, RandomSource } from './environment.js';
export { systemRandom } from './backend/system-random.js';
export { deriveAccessKey } from './backend/profile.js';
export { createAccount, type NewAccount } from './identity/account.js';
export { deriveAccountRoot, type AccountRoot } from './identity/account-root.js';
export {
  parseCertificate,
  verifyCertificate,
  type CertificateVerdict,
  type DeviceCertificate,
  type SignedCertificate,
  type VerifiedCertificate,
} from './identity/certificate.js';
export { deviceIdOf } from './identity/device-id.js';
export {
  deviceSigningPublicKeyOf,
  generateDeviceKeys,
  identityKeyPairOf,
  linkPublicKeyOf,
  type DeviceKeys,
} from './identity/device-keys.js';
export { listHash, type DeviceList, type ListPlace } from './identity/device-list.js';
export { verifyChain, type ChainVerdict } from './identity/list-chain.js';
export { advanceHead, beginHead, type StepRefusal, type StepVerdict, type UntrustedStep } from './identity/list-pin.js';
export { signDeviceList, type SignedDeviceList } from './identity/list-signature.js';
export type { ListOwner, ListRefusal } from './identity/list-verdict.js';
export { verifyReceipt, type ListReceipt } from './identity/receipt.js';
export { restoreHead, type VerifiedHead } from './identity/verified-head.js';
export * from './keys.js';
export { Secret, wipe } from './secret.js';
