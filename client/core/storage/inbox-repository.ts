import { idBytes, type UnixMs } from '@sotto/protocol/ids';
import type { DeliveredEnvelope } from '@sotto/protocol/wire';
import type { InboxEntry, SetAsideReason } from '../messaging/inbox-entry.js';
import * as column from './columns.js';
import { rowList, type ProfileDatabase, type Row } from './database.js';

const entryOf = (row: Row): InboxEntry => ({
  id: column.integer(row, 'id'),
  envelopeId: column.envelopeId(row, 'envelope_id'),
  serverTime: column.instant(row, 'server_time'),
  ciphertext: column.bytes(row, 'ciphertext'),
});

/** Sealed envelopes as they came: those that wait to be opened, and those that cannot be and are kept. */
export class InboxRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  /** Keeps an envelope; one that is already here, waiting or set aside, is kept once. */
  add(envelope: DeliveredEnvelope): void {
    const id = idBytes(envelope.envelopeId);
    this.#database.run(
      `INSERT INTO inbox (envelope_id, server_time, ciphertext) SELECT ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM set_aside WHERE envelope_id = ?) ON CONFLICT (envelope_id) DO NOTHING`,
      [id, envelope.serverTime, envelope.ciphertext, id],
    );
  }

  /** The next envelopes in order of arrival, from after `afterId`. */
  next(afterId: number, limit: number): readonly InboxEntry[] {
    return this.#database.all('SELECT * FROM inbox WHERE id > ? ORDER BY id LIMIT ?', [afterId, limit]).map(entryOf);
  }

  /** Those of these entries that are still here, in order of arrival. */
  those(ids: readonly number[]): readonly InboxEntry[] {
    const marks = ids.map(() => '?').join(', ');
    return this.#database.all(`SELECT * FROM inbox WHERE id IN (${marks}) ORDER BY id`, ids).map(entryOf);
  }

  remove(entries: readonly InboxEntry[]): void {
    const ids = rowList(entries.map(({ id }) => id));
    this.#database.run('DELETE FROM inbox WHERE id IN (SELECT value FROM json_each(?))', [ids]);
  }

  /** Keeps an envelope that is not to be opened, out of the way of the others. */
  setAside(envelope: Omit<InboxEntry, 'id'>, reason: SetAsideReason, now: UnixMs): void {
    const id = idBytes(envelope.envelopeId);
    this.#database.run('INSERT INTO set_aside VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', [
      id,
      envelope.serverTime,
      envelope.ciphertext.length === 0 ? null : envelope.ciphertext,
      reason,
      now,
    ]);
    this.#database.run('DELETE FROM inbox WHERE envelope_id = ?', [id]);
  }

  countSetAside(): number {
    const row = this.#database.get('SELECT count(*) AS count FROM set_aside');
    return row === undefined ? 0 : column.integer(row, 'count');
  }
}
