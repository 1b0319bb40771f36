import {
  xchacha20Poly1305Decrypt,
  xchacha20Poly1305Encrypt,
  XCHACHA20_POLY1305_NONCE_LENGTH,
} from '../backend/libsodium.js';
import { CanonicalWriter, concatenate, type CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import type { RandomSource } from '../environment.js';
import { deriveAccountRoot, rootHash, type AccountRoot } from '../identity/account-root.js';
import { HistoryKey, RootHash, StretchSalt, type ArchiveHeaderBytes, type Bytes, type RecoverySeed } from '../keys.js';
import { LABELS } from '../labels.js';
import type { Password } from '../password/password.js';
import { deriveBackupPassphraseKey, newStretchParameters } from '../password/stretch.js';
import { isAcceptableCost, type StretchParameters } from '../password/stretch-parameters.js';
import { openRecoveryBox, RECOVERY_BOX_OVERHEAD, sealRecoveryBox } from '../recovery/recovery-box.js';
import { wipe } from '../secret.js';

/** The history key of a backup file, wrapped for one way to open it (SPEC §13.4). */
export type BackupSlot =
  | { readonly kind: 'passphrase'; readonly parameters: StretchParameters; readonly wrapped: Bytes }
  | { readonly kind: 'recoveryKey'; readonly root: RootHash; readonly sealed: Bytes }
  /** A way that a later version knows. */
  | { readonly kind: 'unknown' };

const PASSPHRASE = 1;
const RECOVERY_KEY = 2;
/** Nonce, key and tag. */
const WRAPPED_LENGTH = XCHACHA20_POLY1305_NONCE_LENGTH + 32 + 16;

const writeParameters = (writer: CanonicalWriter, { salt, cost }: StretchParameters): CanonicalWriter =>
  writer.fixed(salt).u32(cost.memoryKiB).u32(cost.iterations).u32(cost.parallelism);

/** Binds a slot to its file: moved to another one it opens nothing. */
const passphraseBinding = (parameters: StretchParameters, archive: ArchiveHeaderBytes): Bytes =>
  writeParameters(new CanonicalWriter(LABELS.backupSlot).u8(PASSPHRASE), parameters).variable(archive).finish();

const recoveryBinding = (root: RootHash, archive: ArchiveHeaderBytes): Bytes =>
  new CanonicalWriter(LABELS.backupSlot).u8(RECOVERY_KEY).fixed(root).variable(archive).finish();

/** What a slot is made for and from. */
interface SlotContent {
  readonly historyKey: HistoryKey;
  readonly archive: ArchiveHeaderBytes;
  readonly random: RandomSource;
}

/** Wraps the history key under a passphrase, stretched with a salt of its own. */
export const sealPassphraseSlot = async (passphrase: Password, content: SlotContent): Promise<BackupSlot> => {
  const { historyKey, archive, random } = content;
  const parameters = newStretchParameters(random);
  const key = await deriveBackupPassphraseKey(passphrase, parameters);
  const nonce = random.bytes(XCHACHA20_POLY1305_NONCE_LENGTH);
  const binding = passphraseBinding(parameters, archive);
  const wrapped = concatenate(nonce, xchacha20Poly1305Encrypt(key.unwrap(), nonce, historyKey.unwrap(), binding));
  key.purge();
  return { kind: 'passphrase', parameters, wrapped };
};

/** Seals the history key to the recovery pair of a root: the printed key opens it, and no device has to hold the seed for that. */
export const sealRecoverySlot = (root: AccountRoot, { historyKey, archive, random }: SlotContent): BackupSlot => {
  const hash = rootHash(root);
  const prefix = recoveryBinding(hash, archive);
  const plaintext = historyKey.unwrap();
  const box = sealRecoveryBox(root.recoveryPublicKey, LABELS.backupRecoveryKey, { prefix, plaintext, random });
  return { kind: 'recoveryKey', root: hash, sealed: box.slice(prefix.length) };
};

export type SlotVerdict =
  | { readonly outcome: 'opened'; readonly historyKey: HistoryKey }
  | { readonly outcome: 'refused'; readonly reason: 'wrongKey' | 'unacceptableCost' };

const opened = (bytes: Bytes | undefined): SlotVerdict => {
  if (bytes === undefined) return { outcome: 'refused', reason: 'wrongKey' };
  // The tag says that its writer put a key of 32 bytes there: the length of the slot is fixed.
  const historyKey = HistoryKey.of(bytes);
  wipe(bytes);
  return { outcome: 'opened', historyKey };
};

/** Unwraps with the passphrase. A file may not ask for a cost that no own file has. */
export const openPassphraseSlot = async (
  { parameters, wrapped }: Extract<BackupSlot, { readonly kind: 'passphrase' }>,
  passphrase: Password,
  archive: ArchiveHeaderBytes,
): Promise<SlotVerdict> => {
  if (!isAcceptableCost(parameters.cost)) return { outcome: 'refused', reason: 'unacceptableCost' };
  const key = await deriveBackupPassphraseKey(passphrase, parameters);
  const nonce = wrapped.slice(0, XCHACHA20_POLY1305_NONCE_LENGTH);
  const ciphertext = wrapped.slice(XCHACHA20_POLY1305_NONCE_LENGTH);
  const bytes = xchacha20Poly1305Decrypt(key.unwrap(), nonce, ciphertext, passphraseBinding(parameters, archive));
  key.purge();
  return opened(bytes);
};

/** Opens with the recovery seed. */
export const openRecoverySlot = (
  { root, sealed }: Extract<BackupSlot, { readonly kind: 'recoveryKey' }>,
  seed: RecoverySeed,
  archive: ArchiveHeaderBytes,
): SlotVerdict => {
  if (!constantTimeEqual(root, rootHash(deriveAccountRoot(seed)))) return { outcome: 'refused', reason: 'wrongKey' };
  const prefix = recoveryBinding(root, archive);
  const box = { box: concatenate(prefix, sealed), prefixLength: prefix.length };
  return opened(openRecoveryBox(seed, LABELS.backupRecoveryKey, box));
};

const PARAMETERS_LENGTH = 16 + 3 * 4;
const SEALED_LENGTH = RECOVERY_BOX_OVERHEAD + 32;
const ROOT_LENGTH = 32;

/** Writes a slot: its kind, and its content behind a length, so that a reader can pass over what it does not know. */
export const writeSlot = (writer: CanonicalWriter, slot: BackupSlot): CanonicalWriter => {
  switch (slot.kind) {
    case 'passphrase':
      writer.u8(PASSPHRASE).u16(PARAMETERS_LENGTH + WRAPPED_LENGTH);
      return writeParameters(writer, slot.parameters).fixed(slot.wrapped);
    case 'recoveryKey':
      return writer
        .u8(RECOVERY_KEY)
        .u16(ROOT_LENGTH + SEALED_LENGTH)
        .fixed(slot.root)
        .fixed(slot.sealed);
    case 'unknown':
      throw new Error('A slot of an unknown kind cannot be written.');
  }
};

const readPassphraseSlot = (reader: CanonicalReader): BackupSlot => ({
  kind: 'passphrase',
  parameters: {
    salt: StretchSalt.of(reader.fixed(16)),
    cost: { memoryKiB: reader.u32(), iterations: reader.u32(), parallelism: reader.u32() },
  },
  wrapped: new Uint8Array(reader.fixed(WRAPPED_LENGTH)),
});

const readRecoverySlot = (reader: CanonicalReader): BackupSlot => ({
  kind: 'recoveryKey',
  root: RootHash.of(reader.fixed(ROOT_LENGTH)),
  sealed: new Uint8Array(reader.fixed(SEALED_LENGTH)),
});

/** Reads one slot. */
export const readSlot = (reader: CanonicalReader): BackupSlot => {
  const kind = reader.u8();
  const length = reader.u16();
  switch (kind) {
    case PASSPHRASE:
      return length === PARAMETERS_LENGTH + WRAPPED_LENGTH ? readPassphraseSlot(reader) : reader.refuse();
    case RECOVERY_KEY:
      return length === ROOT_LENGTH + SEALED_LENGTH ? readRecoverySlot(reader) : reader.refuse();
    default:
      reader.fixed(length);
      return { kind: 'unknown' };
  }
};
