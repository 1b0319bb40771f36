import {
  x25519PublicKey,
  x25519Agree,
  xchacha20Poly1305Decrypt,
  xchacha20Poly1305Encrypt,
  XCHACHA20_POLY1305_NONCE_LENGTH,
} from '../backend/libsodium.js';
import { hkdfSha256, mlKem768Decapsulate, mlKem768Encapsulate, sha256 } from '../backend/noble.js';
import { concatenate, labelBytes } from '../bytes.js';
import { certain } from '../certain.js';
import type { RandomSource } from '../environment.js';
import { deriveAccountRoot, withRecoveryPrivateKeys } from '../identity/account-root.js';
import type { Bytes, RecoveryPublicKey, RecoverySeed } from '../keys.js';
import type { Label } from '../labels.js';
import { wipe } from '../secret.js';

const X25519_LENGTH = 32;
const KEM_CIPHERTEXT_LENGTH = 1_088;
/** An X25519 public key and an ML-KEM-768 ciphertext, new for every box. */
const ENCAPSULATION_LENGTH = X25519_LENGTH + KEM_CIPHERTEXT_LENGTH;
const KEY_LENGTH = 32;
const TAG_LENGTH = 16;

/** How many bytes a box is longer than its prefix and what it holds. */
export const RECOVERY_BOX_OVERHEAD = ENCAPSULATION_LENGTH + TAG_LENGTH;

/** What both secrets and every public value give (SPEC §12.3). The prefix is bound twice, here and as associated data. */
const withBoxKey = <Result>(
  secrets: { readonly dh: Bytes; readonly kem: Bytes },
  binding: { readonly label: Label; readonly head: Bytes; readonly recoveryPublicKey: RecoveryPublicKey },
  use: (key: Bytes, nonce: Bytes) => Result,
): Result => {
  const material = concatenate(secrets.dh, secrets.kem);
  const salt = sha256(binding.head, binding.recoveryPublicKey);
  const derived = hkdfSha256(material, {
    salt,
    info: labelBytes(binding.label),
    length: KEY_LENGTH + XCHACHA20_POLY1305_NONCE_LENGTH,
  });
  [material, secrets.dh, secrets.kem].forEach(wipe);
  const key = derived.slice(0, KEY_LENGTH);
  try {
    return use(key, derived.slice(KEY_LENGTH));
  } finally {
    [derived, key].forEach(wipe);
  }
};

/**
 * Seals to the public half of a recovery pair what only the holder of its seed can open: X25519 with a new key, ML-KEM-768, HKDF
 * over both secrets, XChaCha20-Poly1305. The box begins with `prefix`, which is readable and authenticated.
 */
export const sealRecoveryBox = (
  recoveryPublicKey: RecoveryPublicKey,
  label: Label,
  content: { readonly prefix: Bytes; readonly plaintext: Bytes; readonly random: RandomSource },
): Bytes => {
  const ephemeral = content.random.bytes(X25519_LENGTH);
  const dh = certain(
    x25519Agree(ephemeral, recoveryPublicKey.slice(0, X25519_LENGTH)),
    'a recovery key of an own root is not of small order',
  );
  const encapsulation = certain(
    mlKem768Encapsulate(recoveryPublicKey.slice(X25519_LENGTH), content.random.bytes(32)),
    'a recovery key of an own root is an encapsulation key',
  );
  const head = concatenate(content.prefix, x25519PublicKey(ephemeral), encapsulation.ciphertext);
  wipe(ephemeral);
  const secrets = { dh, kem: encapsulation.sharedSecret };
  const ciphertext = withBoxKey(secrets, { label, head, recoveryPublicKey }, (key, nonce) =>
    xchacha20Poly1305Encrypt(key, nonce, content.plaintext, head),
  );
  return concatenate(head, ciphertext);
};

/** Opens a box whose prefix is `prefixLength` bytes long. `undefined` unless seed, prefix, label and box belong together. */
export const openRecoveryBox = (
  seed: RecoverySeed,
  label: Label,
  sealed: { readonly box: Bytes; readonly prefixLength: number },
): Bytes | undefined => {
  const { box, prefixLength } = sealed;
  const headLength = prefixLength + ENCAPSULATION_LENGTH;
  if (box.length < headLength + TAG_LENGTH) return undefined;
  const head = box.slice(0, headLength);
  const kemAt = prefixLength + X25519_LENGTH;
  const secrets = withRecoveryPrivateKeys(seed, ({ x25519PrivateKey, mlKemSeed }) => ({
    dh: x25519Agree(x25519PrivateKey, head.slice(prefixLength, kemAt)),
    kem: mlKem768Decapsulate(mlKemSeed, head.slice(kemAt)),
  }));
  const { dh, kem } = secrets;
  if (dh === undefined) return undefined;
  const { recoveryPublicKey } = deriveAccountRoot(seed);
  return withBoxKey({ dh, kem }, { label, head, recoveryPublicKey }, (key, nonce) =>
    xchacha20Poly1305Decrypt(key, nonce, box.slice(headLength), head),
  );
};
