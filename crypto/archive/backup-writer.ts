import { concatenate, u32Bytes } from '../bytes.js';
import type { Clock, RandomSource } from '../environment.js';
import type { AccountId } from '@sotto/protocol/ids';
import type { AccountRoot } from '../identity/account-root.js';
import { ArchiveId, BackupFileBytes, HistoryKey, type ArchiveRecord, type ArchiveSegmentBytes } from '../keys.js';
import type { Password } from '../password/password.js';
import { createArchive, type OpenArchive } from './archive-header.js';
import { ArchiveWriter } from './archive-writer.js';
import { encodeBackupHeader } from './backup-header.js';
import { sealPassphraseSlot, sealRecoverySlot, type BackupSlot } from './backup-slots.js';

/** How a backup file can be opened: at least one way. */
export interface BackupLocks {
  readonly passphrase?: Password | undefined;
  /** The root whose printed recovery key opens the file. */
  readonly root?: AccountRoot | undefined;
}

/** A segment as it stands in a file: behind its length. */
const frame = (segment: ArchiveSegmentBytes): BackupFileBytes =>
  BackupFileBytes.of(concatenate(u32Bytes(segment.length), segment));

/**
 * Writes a backup file: records in, newest first; bytes to append to the file out. It takes nothing but records, so it restores data and
 * never makes a device: no key of a device or of the account has a way into it.
 */
export class BackupWriter {
  /** The first bytes of the file. */
  readonly header: BackupFileBytes;
  readonly #writer: ArchiveWriter;
  readonly #historyKey: HistoryKey;

  private constructor(archive: OpenArchive, slots: readonly BackupSlot[], random: RandomSource) {
    this.header = encodeBackupHeader(archive.header, slots);
    this.#historyKey = archive.historyKey;
    this.#writer = new ArchiveWriter(archive, random);
  }

  /** Begins a file under a history key of its own, which only the locks open again. */
  static async begin(
    accountId: AccountId,
    locks: BackupLocks,
    environment: { readonly clock: Clock; readonly random: RandomSource },
  ): Promise<BackupWriter> {
    const { clock, random } = environment;
    const historyKey = HistoryKey.generate(random);
    const archiveId = ArchiveId.of(random.bytes(16));
    const archive = createArchive(historyKey, { archiveId, accountId, createdAt: clock.now() });
    const content = { historyKey, archive: archive.header, random };
    const slots = [
      ...(locks.passphrase === undefined ? [] : [await sealPassphraseSlot(locks.passphrase, content)]),
      ...(locks.root === undefined ? [] : [sealRecoverySlot(locks.root, content)]),
    ];
    if (slots.length === 0) throw new Error('A backup file that nothing opens is not written.');
    return new BackupWriter(archive, slots, random);
  }

  /** Takes a record; gives back bytes for the file where a segment has become full. */
  add(record: ArchiveRecord): BackupFileBytes | undefined {
    const segment = this.#writer.add(record);
    return segment && frame(segment.bytes);
  }

  /** The last bytes of the file. Purges the history key: the writer takes no more. */
  finish(): BackupFileBytes {
    const last = frame(this.#writer.finish().bytes);
    this.#historyKey.purge();
    return last;
  }
}
