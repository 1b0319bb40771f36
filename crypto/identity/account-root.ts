import { curvePrivateKey, curvePublicKey } from '../backend/signing.js';
import { x25519PublicKey } from '../backend/libsodium.js';
import { hkdfSha256, mlKem768PublicKey, sha256 } from '../backend/noble.js';
import { concatenate, labelBytes } from '../bytes.js';
import {
  AccountIdentityKey,
  AccountIdentityPrivateKey,
  RecoveryPublicKey,
  RootHash,
  type Bytes,
  type RecoverySeed,
} from '../keys.js';
import { LABELS, type Label } from '../labels.js';
import { wipe } from '../secret.js';

/** The two public keys that stand for an account: everything else about it is verified from them (SPEC §2.1). */
export interface AccountRoot {
  readonly accountIdentityKey: AccountIdentityKey;
  readonly recoveryPublicKey: RecoveryPublicKey;
}

/** Names a root in every device list: SHA-256(AIK ‖ recovery public key). */
export const rootHash = (root: AccountRoot): RootHash =>
  RootHash.of(sha256(root.accountIdentityKey, root.recoveryPublicKey));

const derive = (seed: RecoverySeed, label: Label, length: number): Bytes =>
  hkdfSha256(seed.unwrap(), { info: labelBytes(label), length });

/**
 * The private half of AIK (SPEC §2.3): HKDF of the recovery seed, clamped. Purge it after the one signature that it is
 * derived for.
 */
export const deriveAccountIdentityPrivateKey = (seed: RecoverySeed): AccountIdentityPrivateKey =>
  curvePrivateKey(AccountIdentityPrivateKey, derive(seed, LABELS.accountIdentityKey, 32));

/** The private halves of the recovery pair: an X25519 key and the seed of an ML-KEM-768 key. */
export interface RecoveryPrivateKeys {
  readonly x25519PrivateKey: Bytes;
  readonly mlKemSeed: Bytes;
}

/** Hands the private halves of the recovery pair to `use`, and wipes them when it has returned. */
export const withRecoveryPrivateKeys = <Result>(
  seed: RecoverySeed,
  use: (privateKeys: RecoveryPrivateKeys) => Result,
): Result => {
  const x25519PrivateKey = derive(seed, LABELS.recoveryX25519, 32);
  const mlKemSeed = derive(seed, LABELS.recoveryMlKem768, 64);
  try {
    return use({ x25519PrivateKey, mlKemSeed });
  } finally {
    wipe(x25519PrivateKey);
    wipe(mlKemSeed);
  }
};

const deriveRecoveryPublicKey = (seed: RecoverySeed): RecoveryPublicKey =>
  withRecoveryPrivateKeys(seed, ({ x25519PrivateKey, mlKemSeed }) =>
    RecoveryPublicKey.of(concatenate(x25519PublicKey(x25519PrivateKey), mlKem768PublicKey(mlKemSeed))),
  );

/** The public keys of the account that this seed is the root of. The same seed always gives the same root. */
export const deriveAccountRoot = (seed: RecoverySeed): AccountRoot => {
  const privateKey = deriveAccountIdentityPrivateKey(seed);
  const accountIdentityKey = AccountIdentityKey.of(curvePublicKey(privateKey));
  privateKey.purge();
  return { accountIdentityKey, recoveryPublicKey: deriveRecoveryPublicKey(seed) };
};
