import type { HistoryView } from '@sotto/client/bridge';
import {
  ArchiveDigest,
  ArchiveId,
  ArchiveRecord,
  ArchiveWriter,
  constantTimeEqual,
  createArchive,
  HistoryKey,
  type ArchivePosition,
  type RandomSource,
  type WrittenSegment,
} from '@sotto/crypto';
import { encodeArchiveEntry, type HistoryOffer } from '@sotto/protocol/content';
import { archiveIdFromBytes, parseUnixMs, type AccountId } from '@sotto/protocol/ids';
import type { Bytes, ErrorCode } from '@sotto/protocol/wire';
import type { CoreLog } from '../log.js';
import { later, type Clock } from '../net/clock.js';
import type { AccountApi, Refused } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import { BackgroundWork, type Step } from './background-work.js';
import type { PlacedEntry } from './entry-kind.js';
import type { EntrySource } from './entry-source.js';
import type { HistoryExportRecord, HistoryExportStore, StoredPosition } from './records.js';
import type { HistoryExporter } from './types.js';

/**
 * Whoever was talked into scanning a stranger's code has this long to find the stranger among their devices, before anything of
 * the past is gone.
 */
const HOLD_MS = 24 * 3_600_000;
/** A timer of a day would outlive a machine's sleep in ways that nobody can tell. */
const LONGEST_WAIT_MS = 15 * 60_000;
/** Read at one time, so that other work gets its turn in between. */
const PAGE = 200;
/** The first segment is small: what is newest is readable before a megabyte has gone over a slow line. */
const FIRST_SEGMENT_ENTRIES = 500;

/** Asking again brings the same answer, unless a person does something about it. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'quotaExceeded',
  'storageFull',
  'archiveSegmentConflict',
  'badRequest',
  'payloadTooLarge',
]);

export interface HistoryExportsParts {
  readonly self: AccountId;
  readonly database: ProfileDatabase;
  readonly exports: HistoryExportStore;
  readonly source: EntrySource;
  readonly newestMessage: () => number;
  readonly api: AccountApi;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly log: CoreLog;
  /** Some archive has come further. */
  readonly onProgress: () => void;
}

export const positionOf = (stored: StoredPosition | undefined): ArchivePosition | undefined =>
  stored && { segments: stored.segments, digest: ArchiveDigest.of(stored.digest) };

/** An archive that goes from device to device says nothing of its time: the one who is given its key knows only the id (SPEC §12.1). */
export const linkArchive = (self: AccountId, archiveId: Bytes, historyKey: Bytes) => {
  const createdAt = parseUnixMs(0);
  if (createdAt === undefined) throw new Error('zero is a time');
  return createArchive(HistoryKey.of(historyKey), { archiveId: ArchiveId.of(archiveId), accountId: self, createdAt });
};

export const archiveName = (archiveId: Bytes): string => {
  const name = archiveIdFromBytes(archiveId);
  if (name === undefined) throw new Error('a stored archive id is damaged');
  return name;
};

/** What is gathered for the next segment, lost with the process and made again. */
interface Gathering {
  readonly archiveId: Bytes;
  readonly writer: ArchiveWriter;
  page: PlacedEntry[];
  /** After the last entry that was read, and after the last that is in the writer. */
  readTo: string | undefined;
  place: string | undefined;
  entries: number;
}

/** Gives new devices of the account the history: one archive at a time, one segment at a time, going on where it was after any stop. */
export class HistoryExports implements HistoryExporter {
  readonly #parts: HistoryExportsParts;
  readonly #work: BackgroundWork;
  #gathering: Gathering | undefined;
  #isWaiting = false;

  constructor(parts: HistoryExportsParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.#work = new BackgroundWork({ step: () => this.#step(), clock, log, name: 'history.export' });
  }

  count(): number {
    const { source, newestMessage } = this.#parts;
    return source.countMessages({ newestMessage: newestMessage() });
  }

  prepare({ hold }: { readonly hold: boolean }): HistoryOffer {
    const { exports, source, random, newestMessage, clock } = this.#parts;
    const [archiveId, historyKey] = [random.bytes(16), random.bytes(32)];
    const snapshot = { newestMessage: newestMessage() };
    const total = source.count(snapshot);
    exports.removeFinished();
    const begun = { done: 0, place: undefined, position: undefined, waiting: undefined };
    const heldUntil = hold ? later(clock.now(), HOLD_MS) : undefined;
    exports.save({ archiveId, historyKey, state: 'prepared', ...snapshot, total, ...begun, heldUntil });
    return { archiveId, historyKey, entries: total };
  }

  begin(archiveId: Bytes): void {
    const { exports, source, newestMessage, database } = this.#parts;
    const record = exports.find(archiveId);
    if (record?.state !== 'prepared') return;
    // What came between the approval and this moment has come to this device alone.
    const snapshot = { newestMessage: newestMessage() };
    exports.save({ ...record, ...snapshot, state: 'running', total: source.count(snapshot) });
    database.afterCommit(() => this.#work.wake());
  }

  withdraw(archiveId: Bytes): void {
    this.#parts.exports.remove(archiveId);
  }

  progress(archiveId: Bytes): HistoryView | undefined {
    const record = this.#parts.exports.find(archiveId);
    return record && this.#viewOf(record);
  }

  /** The archive that was begun last. */
  view(): HistoryView | undefined {
    const record = this.#parts.exports.latest();
    return record && this.#viewOf(record);
  }

  start(): void {
    this.#work.wake();
  }

  /** Tries again at once, also what has failed. */
  retry(): void {
    const { exports } = this.#parts;
    const latest = exports.latest();
    if (latest?.state === 'failed') exports.save({ ...latest, state: 'running' });
    this.#work.wake();
  }

  async stop(): Promise<void> {
    await this.#work.stop();
  }

  /** How long it is still to be held. */
  #heldMs({ heldUntil }: HistoryExportRecord): number {
    return heldUntil === undefined ? 0 : heldUntil - this.#parts.clock.now();
  }

  #viewOf(record: HistoryExportRecord): HistoryView | undefined {
    const { done, total, state } = record;
    switch (state) {
      case 'prepared':
        return undefined;
      case 'running':
        if (this.#heldMs(record) > 0) return { done, total, state: 'held' };
        return { done, total, state: this.#isWaiting ? 'waiting' : 'running' };
      case 'failed':
      case 'finished':
        return { done, total, state };
    }
  }

  async #step(): Promise<Step> {
    const record = this.#parts.exports.running();
    if (record?.historyKey === undefined) return { next: 'idle' };
    const heldMs = this.#heldMs(record);
    if (heldMs > 0) return { next: 'retry', afterMs: Math.min(heldMs, LONGEST_WAIT_MS) };
    return record.waiting === undefined ? this.#make(record, record.historyKey) : this.#send(record, record.waiting);
  }

  async #make(record: HistoryExportRecord, historyKey: Bytes): Promise<Step> {
    const gathering = this.#gatheringOf(record, historyKey);
    while (!this.#work.isStopped) {
      if (gathering.page.length === 0) {
        const page = this.#parts.source.next(record, gathering.readTo, PAGE);
        if (page.length === 0) {
          this.#store(record, gathering.writer.finish(), gathering);
          return { next: 'again' };
        }
        gathering.page = [...page];
        gathering.readTo = page.at(-1)?.place;
        // Reading and sealing are synchronous: whoever else has work gets the core in between.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (this.#addOne(record, gathering)) return { next: 'again' };
    }
    return { next: 'idle' };
  }

  #gatheringOf({ archiveId, place, position }: HistoryExportRecord, historyKey: Bytes): Gathering {
    const present = this.#gathering;
    if (present !== undefined && constantTimeEqual(present.archiveId, archiveId)) return present;
    const archive = linkArchive(this.#parts.self, archiveId, historyKey);
    const writer = new ArchiveWriter(archive, this.#parts.random, positionOf(position));
    this.#gathering = { archiveId, writer, page: [], readTo: place, place, entries: 0 };
    return this.#gathering;
  }

  /** Returns whether a segment has become full, and is stored. */
  #addOne(record: HistoryExportRecord, gathering: Gathering): boolean {
    const next = gathering.page.shift();
    if (next === undefined) return false;
    const full = gathering.writer.add(ArchiveRecord.of(encodeArchiveEntry(next.entry)));
    if (full !== undefined) this.#store(record, full, gathering);
    gathering.place = next.place;
    gathering.entries += 1;
    if (full !== undefined) return true;
    if (record.position !== undefined || gathering.entries < FIRST_SEGMENT_ENTRIES) return false;
    const first = gathering.writer.cut();
    if (first !== undefined) this.#store(record, first, gathering);
    return first !== undefined;
  }

  /** From here on the segment is sent until the server has it, whatever happens to this process. */
  #store(record: HistoryExportRecord, segment: WrittenSegment, gathering: Gathering): void {
    const { bytes, number, isLast, position } = segment;
    const waiting = { bytes, number, isLast, entries: gathering.entries };
    // It may have been withdrawn while it was read.
    if (this.#parts.exports.find(record.archiveId) === undefined) return;
    this.#parts.exports.save({ ...record, place: gathering.place, position, waiting });
    gathering.entries = 0;
  }

  async #send(record: HistoryExportRecord, waiting: NonNullable<HistoryExportRecord['waiting']>): Promise<Step> {
    const { number, isLast, bytes } = waiting;
    const answer = await this.#parts.api.call('putArchiveSegment', {
      params: { archiveId: archiveName(record.archiveId), number: String(number) },
      query: isLast ? { last: 'true' } : {},
      body: bytes,
    });
    switch (answer.outcome) {
      case 'ok':
        this.#sent(record, waiting);
        return { next: 'again' };
      case 'away':
        return this.#wait({ next: 'retry' });
      case 'refused':
        return this.#refused(record, answer);
    }
  }

  #sent(record: HistoryExportRecord, { isLast, entries }: NonNullable<HistoryExportRecord['waiting']>): void {
    const done = record.done + entries;
    const stored = { ...record, done, waiting: undefined };
    this.#isWaiting = false;
    if (this.#parts.exports.find(record.archiveId) === undefined) return;
    this.#parts.exports.save(isLast ? { ...stored, state: 'finished', total: done, historyKey: undefined } : stored);
    if (isLast) this.#gathering = undefined;
    this.#parts.onProgress();
  }

  #refused(record: HistoryExportRecord, { code, retryAfterMs }: Refused): Step {
    if (!FINAL.has(code)) {
      return this.#wait(retryAfterMs > 0 ? { next: 'retry', afterMs: retryAfterMs } : { next: 'retry' });
    }
    this.#parts.exports.save({ ...record, state: 'failed' });
    this.#parts.onProgress();
    return { next: 'again' };
  }

  #wait(step: Step): Step {
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      this.#parts.onProgress();
    }
    return step;
  }
}
