import {
  AccessKeyVerifier,
  AccountIdentityKey,
  AuthenticationSecret,
  CertificateBytes,
  certificateHash,
  DeviceListBytes,
  listHash,
  RecoveryBlobBytes,
  recoveryAuthenticationHash,
  recoveryBlobHash,
  recoveryRequestHash,
  RefreshTokenHash,
  SignInChallenge,
  StretchSalt,
  verifyPreKeyUpload,
  verifyRecoveryList,
  verifyRecoveryRequest,
  XEdDsaSignature,
  type PreKeyUpload,
  type VerifiedCertificate,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes, RecoveryRequest } from '@sotto/protocol/wire';
import type { Account } from '../../storage/account-repository.js';
import type { RecoveryClaim, SealedKeys } from '../../storage/recovery-repository.js';
import { deviceListRefusal } from '../device-list-refusal.js';
import { done, refuse, type Outcome } from '../outcome.js';
import { preKeyRefusal } from '../pre-keys.js';
import { verifiedBlob } from './recovery-blobs.js';

const MALFORMED = refuse('invalidRecovery', 'The list, the certificate or the blob of the recovery is malformed.');
export const BAD_SIGNATURE = refuse(
  'invalidSignature',
  'The account identity key has not signed this recovery as it was sent.',
);

/** A request that the holder of the recovery key has signed in every part. */
export interface SignedRecovery {
  readonly requestHash: Bytes;
  readonly claim: RecoveryClaim;
}

/** The rest of a request, good for the head of the account. */
export interface VerifiedRecovery {
  readonly head: VerifiedHead;
  readonly device: VerifiedCertificate;
  readonly preKeys: PreKeyUpload;
  readonly keys: SealedKeys;
}

/** Did the account's identity key sign exactly this? Everything that is sent is covered, but for the proof of a password. */
export const verifySignedRecovery = (account: Account, request: RecoveryRequest): Outcome<SignedRecovery> => {
  const { authentication, device } = request;
  const list = DeviceListBytes.parse(request.list.bytes);
  const certificate = CertificateBytes.parse(device.certificate.bytes);
  const blob = RecoveryBlobBytes.parse(request.blob.bytes);
  if (list === undefined || certificate === undefined || blob === undefined) return MALFORMED;
  const secret = AuthenticationSecret.of(authentication.secret);
  const stretched = { salt: StretchSalt.of(authentication.salt), cost: authentication.cost };
  const claim = {
    challenge: SignInChallenge.of(request.challenge),
    listHash: listHash(list),
    certificateHash: certificateHash(certificate),
    authenticationHash: recoveryAuthenticationHash(secret, stretched),
    accessKeyVerifier: AccessKeyVerifier.of(request.accessKeyVerifier),
    refreshTokenHash: RefreshTokenHash.of(request.refreshTokenHash),
    blobHash: recoveryBlobHash(blob),
    provesPassword: request.password !== undefined,
  };
  const signed = { accountId: account.accountId, ...claim };
  const key = AccountIdentityKey.of(account.accountIdentityKey);
  return verifyRecoveryRequest(key, signed, XEdDsaSignature.of(request.signature))
    ? done({ requestHash: recoveryRequestHash(signed), claim })
    : BAD_SIGNATURE;
};

/** Do list, prekeys and blob fit the account as it is now? */
export const verifyRecovery = (
  head: VerifiedHead,
  request: RecoveryRequest,
  rules: { readonly mostDevices: number; readonly acceptedAt: UnixMs },
): Outcome<VerifiedRecovery> => {
  const { list, device: newDevice, blob } = request;
  const verdict = verifyRecoveryList(head, { list, certificates: [newDevice.certificate] }, rules);
  if (verdict.outcome === 'refused') return deviceListRefusal(verdict.reason);
  const [device] = verdict.head.devices;
  if (device === undefined) throw new Error('A verified recovery list names one device.');
  const upload = verifyPreKeyUpload(device.identityKey, newDevice.preKeys);
  if (upload.outcome === 'refused') return preKeyRefusal(upload.reason);
  const keys = verifiedBlob(verdict.head, blob);
  if (keys.type === 'refused') return keys;
  return done({ head: verdict.head, device, preKeys: upload.preKeys, keys: keys.value });
};
