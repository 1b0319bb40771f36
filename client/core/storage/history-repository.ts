import type {
  HistoryExportRecord,
  HistoryExportStore,
  HistoryImportRecord,
  HistoryImportStore,
  StoredPosition,
  WaitingSegment,
} from '../history/records.js';
import type { Bytes } from '@sotto/protocol/wire';
import * as column from './columns.js';
import type { ProfileDatabase, Row, SqlValue } from './database.js';

const positionOf = (row: Row): StoredPosition | undefined => {
  const digest = column.optional(row, 'digest', column.bytes);
  return digest === undefined ? undefined : { segments: column.integer(row, 'segments'), digest };
};

const waitingOf = (row: Row): WaitingSegment | undefined => {
  const bytes = column.optional(row, 'segment', column.bytes);
  if (bytes === undefined) return undefined;
  return {
    bytes,
    number: column.integer(row, 'segments') - 1,
    isLast: column.flag(row, 'segment_is_last'),
    entries: column.integer(row, 'segment_entries'),
  };
};

const segmentColumns = (waiting: WaitingSegment | undefined): readonly SqlValue[] =>
  waiting === undefined ? [null, 0, 0] : [waiting.bytes, waiting.entries, waiting.isLast ? 1 : 0];

const exportOf = (row: Row): HistoryExportRecord => ({
  archiveId: column.bytes(row, 'archive_id'),
  historyKey: column.optional(row, 'history_key', column.bytes),
  state: column.oneOf('prepared', 'running', 'failed', 'finished')(row, 'state'),
  newestMessage: column.integer(row, 'newest_message'),
  total: column.integer(row, 'total'),
  done: column.integer(row, 'done'),
  place: column.optional(row, 'place', column.text),
  position: positionOf(row),
  waiting: waitingOf(row),
  heldUntil: column.optional(row, 'held_until', column.instant),
});

const importOf = (row: Row): HistoryImportRecord => ({
  archiveId: column.bytes(row, 'archive_id'),
  historyKey: column.optional(row, 'history_key', column.bytes),
  state: column.oneOf('running', 'failed', 'finished')(row, 'state'),
  total: column.integer(row, 'total'),
  done: column.integer(row, 'done'),
  position: positionOf(row),
  heardAt: column.instant(row, 'heard_at'),
});

/** Archives on their way to other devices of the account. */
export class HistoryExportRepository implements HistoryExportStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(archiveId: Bytes): HistoryExportRecord | undefined {
    const row = this.#database.get('SELECT * FROM history_export WHERE archive_id = ?', [archiveId]);
    return row && exportOf(row);
  }

  running(): HistoryExportRecord | undefined {
    const row = this.#database.get(
      "SELECT * FROM history_export WHERE state = 'running' ORDER BY coalesce(held_until, 0), id LIMIT 1",
    );
    return row && exportOf(row);
  }

  latest(): HistoryExportRecord | undefined {
    const row = this.#database.get("SELECT * FROM history_export WHERE state <> 'prepared' ORDER BY id DESC LIMIT 1");
    return row && exportOf(row);
  }

  save(record: HistoryExportRecord): void {
    const { position, waiting } = record;
    this.#database.run(
      `INSERT INTO history_export (archive_id, history_key, state, newest_message, total, done, place, segments, digest,
         segment, segment_entries, segment_is_last, held_until)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (archive_id) DO UPDATE SET
         history_key = excluded.history_key, state = excluded.state, newest_message = excluded.newest_message,
         total = excluded.total, done = excluded.done, place = excluded.place, segments = excluded.segments,
         digest = excluded.digest, segment = excluded.segment, segment_entries = excluded.segment_entries,
         segment_is_last = excluded.segment_is_last`,
      [
        record.archiveId,
        record.historyKey ?? null,
        record.state,
        record.newestMessage,
        record.total,
        record.done,
        record.place ?? null,
        position?.segments ?? 0,
        position?.digest ?? null,
        ...segmentColumns(waiting),
        record.heldUntil ?? null,
      ],
    );
  }

  remove(archiveId: Bytes): void {
    this.#database.run('DELETE FROM history_export WHERE archive_id = ?', [archiveId]);
  }

  removeFinished(): void {
    this.#database.run("DELETE FROM history_export WHERE state = 'finished'");
  }
}

/** The archive on its way to this device. */
export class HistoryImportRepository implements HistoryImportStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): HistoryImportRecord | undefined {
    const row = this.#database.get('SELECT * FROM history_import');
    return row && importOf(row);
  }

  save(record: HistoryImportRecord): void {
    this.#database.run('INSERT OR REPLACE INTO history_import VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)', [
      record.archiveId,
      record.historyKey ?? null,
      record.state,
      record.total,
      record.done,
      record.position?.segments ?? 0,
      record.position?.digest ?? null,
      record.heardAt,
    ]);
  }
}
