import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';

/** How far an archive has been written or read: segments, and the digest over them. */
export interface StoredPosition {
  readonly segments: number;
  readonly digest: Bytes;
}

/** A segment that was made and is not known to have reached the server: sent again as it is, since its number is taken by these bytes. */
export interface WaitingSegment {
  readonly bytes: Bytes;
  readonly number: number;
  readonly isLast: boolean;
  readonly entries: number;
}

export interface HistoryExportRecord {
  readonly archiveId: Bytes;
  /** Erased when the archive is finished. */
  readonly historyKey: Bytes | undefined;
  /** `prepared`: for a device that has not joined yet. */
  readonly state: 'prepared' | 'running' | 'failed' | 'finished';
  readonly newestMessage: number;
  readonly total: number;
  /** Entries that the server has. */
  readonly done: number;
  /** After the entries of every segment that was made. */
  readonly place: string | undefined;
  readonly position: StoredPosition | undefined;
  readonly waiting: WaitingSegment | undefined;
  /** Nothing of it is sent before. */
  readonly heldUntil: UnixMs | undefined;
}

/** Archives that this device gives to others. All calls are synchronous. */
export interface HistoryExportStore {
  find(archiveId: Bytes): HistoryExportRecord | undefined;
  /** One that is to be worked on: the one that is held the least, then the oldest. */
  running(): HistoryExportRecord | undefined;
  /** The one that was begun last, whatever became of it. */
  latest(): HistoryExportRecord | undefined;
  save(record: HistoryExportRecord): void;
  remove(archiveId: Bytes): void;
  /** Archives that are finished leave nothing behind but their progress, and that until the next one. */
  removeFinished(): void;
}

export interface HistoryImportRecord {
  readonly archiveId: Bytes;
  /** Erased when all of it is here. */
  readonly historyKey: Bytes | undefined;
  readonly state: 'running' | 'failed' | 'finished';
  readonly total: number;
  readonly done: number;
  readonly position: StoredPosition | undefined;
  /** When a segment last came, or the archive was offered. */
  readonly heardAt: UnixMs;
}

/** The archive that this device takes in. All calls are synchronous. */
export interface HistoryImportStore {
  find(): HistoryImportRecord | undefined;
  save(record: HistoryImportRecord): void;
}
