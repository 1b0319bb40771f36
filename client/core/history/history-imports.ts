import type { HistoryView } from '@sotto/client/bridge';
import { ArchiveReader, type ArchiveRecord } from '@sotto/crypto';
import { decodeArchiveEntry, type HistoryOffer } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import { LIFETIMES, type Bytes } from '@sotto/protocol/wire';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi, Refused } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import { BackgroundWork, type Step } from './background-work.js';
import type { EntryWriter } from './entry-writer.js';
import { archiveName, linkArchive, positionOf } from './history-exports.js';
import type { HistoryImportRecord, HistoryImportStore } from './records.js';
import type { HistoryImporter } from './types.js';

/** How often a segment is asked for that the other device has not sent yet: the longer nothing has come, the less often. */
const POLL_MS = 2_000;
const LONGEST_POLL_MS = 60_000;
const POLLS_A_SILENCE = 30;

/** Takes an offer of history down; what works for the account fetches it. */
export class HistoryOffers implements HistoryImporter {
  readonly #imports: HistoryImportStore;
  readonly #clock: Clock;

  constructor(imports: HistoryImportStore, clock: Clock) {
    this.#imports = imports;
    this.#clock = clock;
  }

  accept({ archiveId, historyKey, entries }: HistoryOffer): void {
    const heardAt = this.#clock.now();
    const begun = { state: 'running', done: 0, position: undefined } as const;
    this.#imports.save({ archiveId, historyKey, total: entries, heardAt, ...begun });
  }
}

export interface HistoryImportsParts {
  readonly self: AccountId;
  readonly database: ProfileDatabase;
  readonly imports: HistoryImportStore;
  readonly writer: EntryWriter;
  readonly api: AccountApi;
  readonly clock: Clock;
  readonly log: CoreLog;
  readonly onProgress: () => void;
  /** All of it is here. */
  readonly onFinished: () => void;
}

/** Takes the history of the account in: newest segment first, each verified before a record of it is used. */
export class HistoryImports {
  readonly #parts: HistoryImportsParts;
  readonly #work: BackgroundWork;
  #isWaiting = false;

  constructor(parts: HistoryImportsParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.#work = new BackgroundWork({ step: () => this.#step(), clock, log, name: 'history.import' });
  }

  view(): HistoryView | undefined {
    const record = this.#parts.imports.find();
    if (record === undefined) return undefined;
    const { done, total, state } = record;
    return { done, total, state: state === 'running' && this.#isWaiting ? 'waiting' : state };
  }

  start(): void {
    this.#work.wake();
  }

  /** Tries again at once, also what has failed. */
  retry(): void {
    const { imports, clock } = this.#parts;
    const record = imports.find();
    if (record?.state === 'failed') imports.save({ ...record, state: 'running', heardAt: clock.now() });
    this.#work.wake();
  }

  async stop(): Promise<void> {
    await this.#work.stop();
  }

  async #step(): Promise<Step> {
    const record = this.#parts.imports.find();
    if (record?.state !== 'running' || record.historyKey === undefined) return { next: 'idle' };
    const answer = await this.#parts.api.call('archiveSegment', {
      params: { archiveId: archiveName(record.archiveId), number: String(record.position?.segments ?? 0) },
    });
    switch (answer.outcome) {
      case 'ok':
        return this.#take(record, record.historyKey, answer.value);
      case 'away':
        return this.#wait({ next: 'retry' });
      case 'refused':
        return this.#refused(record, answer);
    }
  }

  async #take(record: HistoryImportRecord, historyKey: Bytes, bytes: Bytes): Promise<Step> {
    const archive = linkArchive(this.#parts.self, record.archiveId, historyKey);
    const reader = new ArchiveReader(archive, positionOf(record.position));
    const verdict = reader.read(bytes);
    archive.historyKey.purge();
    // It is stored under its number for good: asking again brings the same.
    if (verdict.outcome === 'refused') return this.#fail(record);
    const { isLast, records } = verdict;
    const written = await this.#parts.writer.write(entriesOf(records), 'link', {
      isStopped: () => this.#work.isStopped,
      // With the last of its entries: a segment that was cut short is taken again, as a whole.
      last: () => {
        const done = record.done + records.length;
        const taken = { ...record, done, position: reader.position, heardAt: this.#parts.clock.now() };
        const finished = { ...taken, state: 'finished', total: done, historyKey: undefined } as const;
        this.#parts.imports.save(isLast ? finished : taken);
      },
    });
    if (written === undefined) return { next: 'idle' };
    this.#isWaiting = false;
    this.#parts.onProgress();
    if (isLast) await this.#finish(record);
    return { next: 'again' };
  }

  async #finish({ archiveId }: HistoryImportRecord): Promise<void> {
    this.#parts.onFinished();
    // Nobody needs it any more. Where this does not arrive, the server's own sweep removes it.
    await this.#parts.api.call('deleteArchive', { params: { archiveId: archiveName(archiveId) } });
  }

  #refused(record: HistoryImportRecord, { code, retryAfterMs }: Refused): Step {
    if (code === 'notFound') {
      const silentMs = this.#parts.clock.now() - record.heardAt;
      const afterMs = Math.max(POLL_MS, Math.min(LONGEST_POLL_MS, silentMs / POLLS_A_SILENCE));
      return silentMs > LIFETIMES.archiveMs ? this.#fail(record) : this.#wait({ next: 'retry', afterMs });
    }
    return this.#wait(retryAfterMs > 0 ? { next: 'retry', afterMs: retryAfterMs } : { next: 'retry' });
  }

  #fail(record: HistoryImportRecord): Step {
    this.#parts.imports.save({ ...record, state: 'failed' });
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

const entriesOf = (records: readonly ArchiveRecord[]) => records.map((record) => decodeArchiveEntry(record));
