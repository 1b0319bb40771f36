import { hkdfSha256, sha256 } from '../backend/noble.js';
import { labelBytes } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { RecoveryBlobId, RecoveryFetchSecret, RecoveryFetchVerifier, type RecoverySeed } from '../keys.js';
import { LABELS } from '../labels.js';
import { wipe } from '../secret.js';

/** What somebody with nothing but a recovery key fetches the recovery blob with (SPEC §12.2). Constant for a root. */
export interface RecoveryBlobAccess {
  readonly blobId: RecoveryBlobId;
  readonly fetchSecret: RecoveryFetchSecret;
}

/** Derives both from the seed. The first device hands id and verifier to the server when it uploads the first blob. */
export const deriveRecoveryBlobAccess = (seed: RecoverySeed): RecoveryBlobAccess => {
  const blobId = hkdfSha256(seed.unwrap(), { info: labelBytes(LABELS.recoveryBlobId), length: 16 });
  const fetchSecret = hkdfSha256(seed.unwrap(), { info: labelBytes(LABELS.recoveryFetchSecret), length: 32 });
  const access = { blobId: RecoveryBlobId.of(blobId), fetchSecret: RecoveryFetchSecret.of(fetchSecret) };
  wipe(fetchSecret);
  return access;
};

/** What the server keeps of a fetch secret: a hash, so that a copy of its database fetches nothing. */
export const recoveryFetchVerifier = (fetchSecret: RecoveryFetchSecret): RecoveryFetchVerifier =>
  RecoveryFetchVerifier.of(sha256(labelBytes(LABELS.recoveryFetchVerifier), fetchSecret.unwrap()));

/** Does the secret that a caller shows belong to the verifier that is kept? In constant time. */
export const verifyRecoveryFetch = (kept: RecoveryFetchVerifier, shown: RecoveryFetchSecret): boolean =>
  constantTimeEqual(kept, recoveryFetchVerifier(shown));
