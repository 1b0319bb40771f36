import { randomUUID } from 'node:crypto';
import { BridgeError, type BackupView, type ResultOf } from '@sotto/client/bridge';
import {
  AccountIdentityKey,
  ArchiveRecord,
  BACKUP_HEADER_MOST_BYTES,
  BackupReader,
  BackupWriter,
  parsePassword,
  parseRecoveryKey,
  readBackupHeader,
  RecoveryPublicKey,
  unlockBackupWithPassphrase,
  unlockBackupWithRecoveryKey,
  type BackupHeader,
  type BackupPart,
  type BackupUnlockVerdict,
  type OpenArchive,
  type Password,
  type RandomSource,
} from '@sotto/crypto';
import { decodeArchiveEntry, encodeArchiveEntry } from '@sotto/protocol/content';
import type { Bytes } from '@sotto/protocol/wire';
import type { OwnAccount } from '../account/types.js';
import type { EntryWriter, WrittenCounts } from '../history/entry-writer.js';
import type { EntrySource } from '../history/entry-source.js';
import type { Clock } from '../net/clock.js';
import type { TransferFile, TransferFolder } from './transfer-folder.js';

/** 699,052 characters in base64. */
const CHUNK_BYTES = 512 * 1024;
const PAGE = 200;
/** Read from a file at one time. */
const PIECE_BYTES = 256 * 1024;
/** More files than a person moves at a time are files that were forgotten. */
const TRANSFERS_MOST = 4;

export interface BackupsParts {
  readonly account: OwnAccount;
  readonly source: EntrySource;
  readonly writer: EntryWriter;
  readonly newestMessage: () => number;
  readonly folder: TransferFolder;
  readonly parseNewPassphrase: (typed: string) => Promise<Password>;
  readonly random: RandomSource;
  readonly clock: Clock;
}

interface Transfer {
  readonly direction: 'out' | 'in';
  readonly file: TransferFile;
}

const NOTHING: WrittenCounts = { added: 0, known: 0, chats: 0 };

const sumOf = (left: WrittenCounts, right: WrittenCounts): WrittenCounts => ({
  added: left.added + right.added,
  known: left.known + right.known,
  chats: left.chats + right.chats,
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Encrypted backup files: written from the database, read back into it. What a file holds is what an archive holds; it has no place
 * for a key of a device or of the account, so reading one never makes a device of anything.
 */
export class Backups {
  readonly #parts: BackupsParts;
  readonly #transfers = new Map<string, Transfer>();
  #isStopped = false;

  constructor(parts: BackupsParts) {
    this.#parts = parts;
  }

  async start(typed: string): Promise<ResultOf<'startBackup'>> {
    const passphrase = await this.#parts.parseNewPassphrase(typed);
    const { transfer, file } = this.#open('out');
    try {
      await this.#writeAll(file, passphrase);
    } catch (error) {
      this.close(transfer);
      throw error;
    } finally {
      passphrase.purge();
    }
    const day = new Date(this.#parts.clock.now()).toISOString().slice(0, 10);
    const fileName = `sotto-${this.#parts.account.username}-${day}.sotto-backup`;
    return { transfer, fileName, length: file.length };
  }

  read(transfer: string, offset: number): ResultOf<'readBackup'> {
    const file = this.#find(transfer, 'out');
    const bytes = file.read(offset, CHUNK_BYTES);
    return { bytes: Buffer.from(bytes).toString('base64'), end: offset + bytes.length >= file.length };
  }

  startRestore(): ResultOf<'startRestore'> {
    return { transfer: this.#open('in').transfer };
  }

  write(transfer: string, offset: number, encoded: string): void {
    const file = this.#find(transfer, 'in');
    // A piece may come twice; a hole would be damage that nobody has done.
    if (offset > file.length) throw new BridgeError('badCall');
    file.write(offset, Buffer.from(encoded, 'base64'));
  }

  /** What was whole of a damaged file has been written down; the refusal says how much. */
  async finish(transfer: string, secret: string): Promise<BackupView> {
    const file = this.#find(transfer, 'in');
    const header = headerOf(file);
    const archive = await unlock(header, secret);
    try {
      if (archive.accountId !== this.#parts.account.accountId) throw new BridgeError('backupForeign');
      const { counts, isWhole } = await this.#readAll(file, header, archive);
      if (!isWhole) throw new BridgeError('backupDamaged', { ...counts });
      return counts;
    } finally {
      archive.historyKey.purge();
    }
  }

  close(transfer: string): void {
    this.#transfers.get(transfer)?.file.remove();
    this.#transfers.delete(transfer);
  }

  stop(): void {
    this.#isStopped = true;
    for (const transfer of [...this.#transfers.keys()]) this.close(transfer);
    this.#parts.folder.clear();
  }

  #open(direction: Transfer['direction']): { readonly transfer: string; readonly file: TransferFile } {
    const [oldest] = this.#transfers.keys();
    if (this.#transfers.size >= TRANSFERS_MOST && oldest !== undefined) this.close(oldest);
    const transfer = randomUUID();
    const file = this.#parts.folder.create(transfer);
    this.#transfers.set(transfer, { direction, file });
    return { transfer, file };
  }

  #find(transfer: string, direction: Transfer['direction']): TransferFile {
    const found = this.#transfers.get(transfer);
    if (found?.direction !== direction) throw new BridgeError('transferNotFound');
    return found.file;
  }

  async #writeAll(file: TransferFile, passphrase: Password): Promise<void> {
    const { account, source, random, clock, newestMessage } = this.#parts;
    const root = {
      accountIdentityKey: AccountIdentityKey.of(account.keys.accountIdentityKey),
      recoveryPublicKey: RecoveryPublicKey.of(account.keys.recoveryPublicKey),
    };
    const writer = await BackupWriter.begin(account.accountId, { passphrase, root }, { random, clock });
    const snapshot = { newestMessage: newestMessage() };
    const append = (bytes: Uint8Array | undefined) => bytes !== undefined && file.write(file.length, bytes);
    append(writer.header);
    let place: string | undefined;
    for (;;) {
      const page = source.next(snapshot, place, PAGE);
      if (page.length === 0) break;
      for (const { entry } of page) append(writer.add(ArchiveRecord.of(encodeArchiveEntry(entry))));
      place = page.at(-1)?.place;
      // Other work of the core gets its turn.
      await turn();
      if (this.#isStopped) throw new BridgeError('notNow');
    }
    append(writer.finish());
  }

  async #readAll(file: TransferFile, header: BackupHeader, archive: OpenArchive) {
    const reader = new BackupReader(header, archive);
    let counts = NOTHING;
    for (let offset = header.length; offset < file.length; offset += PIECE_BYTES) {
      for (const part of reader.read(file.read(offset, PIECE_BYTES))) counts = sumOf(counts, await this.#take(part));
    }
    return { counts, isWhole: reader.finish() === 'complete' };
  }

  async #take(part: BackupPart): Promise<WrittenCounts> {
    if (part.outcome === 'damaged') return NOTHING;
    const entries = part.records.map((record) => decodeArchiveEntry(record));
    const control = { isStopped: () => this.#isStopped, last: () => undefined };
    const counts = await this.#parts.writer.write(entries, 'backup', control);
    if (counts === undefined) throw new BridgeError('notNow');
    return counts;
  }
}

const headerOf = (file: TransferFile): BackupHeader => {
  const beginning: Bytes = file.read(0, BACKUP_HEADER_MOST_BYTES);
  const verdict = readBackupHeader(beginning);
  if (verdict.outcome === 'read') return verdict.header;
  switch (verdict.reason) {
    case 'notABackup':
      throw new BridgeError('notABackup');
    case 'newerVersion':
      throw new BridgeError('backupNewer');
    case 'damaged':
    case 'cutShort':
      throw new BridgeError('backupDamaged', { ...NOTHING });
  }
};

/** A recovery key is told from a passphrase by its form: nobody picks one of those by chance. */
const tryUnlock = async (header: BackupHeader, secret: string): Promise<BackupUnlockVerdict | undefined> => {
  const key = parseRecoveryKey(secret);
  if (key.outcome === 'valid') {
    const verdict = unlockBackupWithRecoveryKey(header, key.seed);
    key.seed.purge();
    return verdict;
  }
  const passphrase = parsePassword(secret);
  if (passphrase === undefined) return undefined;
  const verdict = await unlockBackupWithPassphrase(header, passphrase);
  passphrase.purge();
  return verdict;
};

const unlock = async (header: BackupHeader, secret: string): Promise<OpenArchive> => {
  const verdict = await tryUnlock(header, secret);
  if (verdict?.outcome === 'unlocked') return verdict.archive;
  switch (verdict?.reason) {
    case 'damaged':
    case 'unacceptableCost':
      throw new BridgeError('backupDamaged', { ...NOTHING });
    case 'wrongPassphrase':
    case 'wrongRecoveryKey':
    case 'noSuchSlot':
    case undefined:
      throw new BridgeError('wrongBackupSecret');
  }
};
