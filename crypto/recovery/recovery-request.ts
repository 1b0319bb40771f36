import type { AccountId } from '@sotto/protocol/ids';
import { sha256 } from '../backend/noble.js';
import { xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import { CanonicalWriter } from '../bytes.js';
import { deriveAccountIdentityPrivateKey } from '../identity/account-root.js';
import {
  HeldRequestHash,
  RecoveryAuthenticationHash,
  type AccessKeyVerifier,
  type AccountIdentityKey,
  type AuthenticationSecret,
  type Bytes,
  type CertificateHash,
  type ListHash,
  type RecoveryBlobHash,
  type RecoverySeed,
  type RefreshTokenHash,
  type SignInChallenge,
  type StretchSalt,
  type XEdDsaSignature,
} from '../keys.js';
import { LABELS } from '../labels.js';

/**
 * Everything that a recovery changes (SPEC §12.4). The account identity key signs all of it, so that neither the server nor
 * somebody between can put a password, a device or a key of his own into somebody else's recovery.
 */
export interface RecoveryRequest {
  readonly accountId: AccountId;
  /** Handed out by the server minutes ago, so that a request cannot be kept and used later. */
  readonly challenge: SignInChallenge;
  /** The first list of the new epoch. */
  readonly listHash: ListHash;
  /** The certificate of the one device on it. */
  readonly certificateHash: CertificateHash;
  readonly authenticationHash: RecoveryAuthenticationHash;
  readonly accessKeyVerifier: AccessKeyVerifier;
  readonly refreshTokenHash: RefreshTokenHash;
  readonly blobHash: RecoveryBlobHash;
  /** Whether the request also shows a password that was valid lately: then nobody can veto it. */
  readonly provesPassword: boolean;
}

/** How a password is stretched (SPEC §4.1), as it travels. */
export interface StretchedWith {
  readonly salt: StretchSalt;
  readonly cost: { readonly memoryKiB: number; readonly iterations: number; readonly parallelism: number };
}

/** Hashes what the new password is known by: secret, salt and cost. Either end computes it from the request itself. */
export const recoveryAuthenticationHash = (
  authenticationSecret: AuthenticationSecret,
  { salt, cost }: StretchedWith,
): RecoveryAuthenticationHash =>
  RecoveryAuthenticationHash.of(
    sha256(
      new CanonicalWriter(LABELS.recoveryAuthentication)
        .fixed(authenticationSecret.unwrap())
        .fixed(salt)
        .u32(cost.memoryKiB)
        .u32(cost.iterations)
        .u32(cost.parallelism)
        .finish(),
    ),
  );

const recoveryRequestBytes = (request: RecoveryRequest): Bytes =>
  new CanonicalWriter(LABELS.recoveryRequest)
    .id(request.accountId)
    .fixed(request.challenge)
    .fixed(request.listHash)
    .fixed(request.certificateHash)
    .fixed(request.authenticationHash)
    .fixed(request.accessKeyVerifier)
    .fixed(request.refreshTokenHash)
    .fixed(request.blobHash)
    .u8(request.provesPassword ? 1 : 0)
    .finish();

/** Signs a recovery with the account identity key, which is derived for this signature alone. */
export const signRecoveryRequest = (seed: RecoverySeed, request: RecoveryRequest): XEdDsaSignature => {
  const privateKey = deriveAccountIdentityPrivateKey(seed);
  try {
    return xEdDsaSign(privateKey, recoveryRequestBytes(request));
  } finally {
    privateKey.purge();
  }
};

/** Did the holder of the recovery key ask for exactly this? Whether the challenge is fresh and the list is good is asked apart. */
export const verifyRecoveryRequest = (
  accountIdentityKey: AccountIdentityKey,
  request: RecoveryRequest,
  signature: XEdDsaSignature,
): boolean => xEdDsaVerify(accountIdentityKey, recoveryRequestBytes(request), signature);

/** What a request that waits is known by: a veto names it, so that it stops this request and no other. */
export const recoveryRequestHash = (request: RecoveryRequest): HeldRequestHash =>
  HeldRequestHash.of(sha256(recoveryRequestBytes(request)));
