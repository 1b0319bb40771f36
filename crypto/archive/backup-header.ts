import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, concatenate, isOfAnotherVersion, labelBytes, readCanonical } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { ArchiveHeaderBytes, BackupFileBytes, type RecoverySeed } from '../keys.js';
import { LABELS } from '../labels.js';
import type { Password } from '../password/password.js';
import { openArchive, type OpenArchive } from './archive-header.js';
import {
  openPassphraseSlot,
  openRecoverySlot,
  readSlot,
  writeSlot,
  type BackupSlot,
  type SlotVerdict,
} from './backup-slots.js';

/** Read at least so much of a file, or all of it, and its header is there. */
export const BACKUP_HEADER_MOST_BYTES = 8_192;
const MOST_SLOTS = 4;
const HASH_LENGTH = 32;

/** The beginning of a backup file (SPEC §13.4). */
export interface BackupHeader {
  readonly archive: ArchiveHeaderBytes;
  readonly slots: readonly BackupSlot[];
  /** Where in the file the segments begin. */
  readonly length: number;
}

export type BackupHeaderVerdict =
  | { readonly outcome: 'read'; readonly header: BackupHeader }
  | { readonly outcome: 'refused'; readonly reason: 'notABackup' | 'newerVersion' | 'damaged' | 'cutShort' };

export type BackupUnlockVerdict =
  | { readonly outcome: 'unlocked'; readonly archive: OpenArchive }
  | {
      readonly outcome: 'refused';
      readonly reason:
        | 'wrongPassphrase'
        | 'wrongRecoveryKey'
        /** The file opens in another way only. */
        | 'noSuchSlot'
        /** Stretching the passphrase as the file asks for would be too cheap or take too long. */
        | 'unacceptableCost'
        | 'damaged';
    };

/** The one encoding of a header, with a hash at its end: a damaged one is told from a wrong passphrase. */
export const encodeBackupHeader = (archive: ArchiveHeaderBytes, slots: readonly BackupSlot[]): BackupFileBytes => {
  const writer = new CanonicalWriter(LABELS.backupFile).variable(archive).u8(slots.length);
  for (const slot of slots) writeSlot(writer, slot);
  const written = writer.finish();
  return BackupFileBytes.of(concatenate(written, sha256(written)));
};

const readHeader = (beginning: Uint8Array): BackupHeader | undefined =>
  readCanonical(beginning, LABELS.backupFile, (reader) => {
    const archive = reader.required(ArchiveHeaderBytes.parse(reader.variable()));
    const count = reader.u8();
    if (count > MOST_SLOTS) return reader.refuse();
    const slots = Array.from({ length: count }, () => readSlot(reader));
    const hash = reader.fixed(HASH_LENGTH);
    const length = beginning.length - reader.rest().length;
    return constantTimeEqual(hash, sha256(beginning.subarray(0, length - HASH_LENGTH)))
      ? { archive, slots, length }
      : reader.refuse();
  });

const beginsLikeBackup = (beginning: Uint8Array): boolean => {
  const label = labelBytes(LABELS.backupFile);
  const length = Math.min(label.length, beginning.length);
  return length > 0 && constantTimeEqual(beginning.subarray(0, length), label.subarray(0, length));
};

/**
 * Reads the header of a backup file from its first {@link BACKUP_HEADER_MOST_BYTES} bytes, or from the whole file if that is
 * shorter.
 */
export const readBackupHeader = (beginning: Uint8Array): BackupHeaderVerdict => {
  const header = readHeader(beginning);
  if (header !== undefined) return { outcome: 'read', header };
  if (isOfAnotherVersion(beginning, LABELS.backupFile)) return { outcome: 'refused', reason: 'newerVersion' };
  if (!beginsLikeBackup(beginning)) return { outcome: 'refused', reason: 'notABackup' };
  return { outcome: 'refused', reason: beginning.length < BACKUP_HEADER_MOST_BYTES ? 'cutShort' : 'damaged' };
};

const unlockWith = (
  { archive }: BackupHeader,
  verdict: SlotVerdict,
  wrongKey: 'wrongPassphrase' | 'wrongRecoveryKey',
): BackupUnlockVerdict => {
  if (verdict.outcome === 'refused')
    return { outcome: 'refused', reason: verdict.reason === 'wrongKey' ? wrongKey : verdict.reason };
  const opened = openArchive(verdict.historyKey, archive);
  return opened.outcome === 'opened'
    ? { outcome: 'unlocked', archive: opened.archive }
    : { outcome: 'refused', reason: 'damaged' };
};

const NO_SUCH_SLOT: BackupUnlockVerdict = { outcome: 'refused', reason: 'noSuchSlot' };

/** Unlocks a backup file with its passphrase. */
export const unlockBackupWithPassphrase = async (
  header: BackupHeader,
  passphrase: Password,
): Promise<BackupUnlockVerdict> => {
  const slot = header.slots.find((candidate) => candidate.kind === 'passphrase');
  if (slot === undefined) return NO_SUCH_SLOT;
  return unlockWith(header, await openPassphraseSlot(slot, passphrase, header.archive), 'wrongPassphrase');
};

/** Unlocks a backup file with the recovery seed of the account's root at the time. */
export const unlockBackupWithRecoveryKey = (header: BackupHeader, seed: RecoverySeed): BackupUnlockVerdict => {
  const slot = header.slots.find((candidate) => candidate.kind === 'recoveryKey');
  if (slot === undefined) return NO_SUCH_SLOT;
  return unlockWith(header, openRecoverySlot(slot, seed, header.archive), 'wrongRecoveryKey');
};
