import type { UnixMs } from '@sotto/protocol/ids';
import type { DatedPreKeyRecord, NewPreKeys, PreKeyKind, PreKeyPublication, PreKeyStore } from '../prekeys/types.js';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

const HIGHEST_ID = 0xffffff;

const datedOf = (row: Row): DatedPreKeyRecord => ({
  id: column.integer(row, 'id'),
  record: column.bytes(row, 'record'),
  createdAt: column.instant(row, 'created_at'),
});

/** The private halves of the prekeys. Taking and removing them while a session starts is the ratchet store's part. */
export class PreKeyRepository implements PreKeyStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  reserveIds(kind: PreKeyKind, count: number): readonly number[] {
    return this.#database.atomically(() => {
      const row = this.#database.get('SELECT last_id FROM pre_key_counter WHERE kind = ?', [kind]);
      const last = row === undefined ? 0 : column.integer(row, 'last_id');
      const ids = Array.from({ length: count }, (_, index) => ((last + index) % HIGHEST_ID) + 1);
      this.#database.run('INSERT OR REPLACE INTO pre_key_counter VALUES (?, ?)', [kind, ids.at(-1) ?? last]);
      return ids;
    });
  }

  add(preKeys: NewPreKeys): void {
    this.#database.atomically(() => {
      for (const { id, record } of preKeys.oneTime) {
        this.#database.run('INSERT INTO pre_key VALUES (?, ?)', [id, record]);
      }
      for (const { id, record, createdAt } of preKeys.signed) {
        this.#database.run('INSERT INTO signed_pre_key VALUES (?, ?, ?)', [id, record, createdAt]);
      }
      for (const { id, record } of preKeys.kyberOneTime) {
        this.#database.run('INSERT INTO kyber_pre_key VALUES (?, ?, NULL)', [id, record]);
      }
      for (const { id, record, createdAt } of preKeys.kyberLastResort) {
        this.#database.run('INSERT INTO kyber_pre_key VALUES (?, ?, ?)', [id, record, createdAt]);
      }
    });
  }

  findPublication(): PreKeyPublication | undefined {
    const row = this.#database.get('SELECT * FROM pre_key_publication');
    if (row === undefined) return undefined;
    return {
      signedPreKeyId: column.integer(row, 'signed_pre_key_id'),
      lastResortKyberPreKeyId: column.integer(row, 'last_resort_kyber_pre_key_id'),
      publishedAt: column.instant(row, 'published_at'),
    };
  }

  savePublication(publication: PreKeyPublication): void {
    this.#database.run('INSERT OR REPLACE INTO pre_key_publication VALUES (1, ?, ?, ?)', [
      publication.signedPreKeyId,
      publication.lastResortKyberPreKeyId,
      publication.publishedAt,
    ]);
  }

  newestSigned(): DatedPreKeyRecord | undefined {
    const row = this.#database.get('SELECT * FROM signed_pre_key ORDER BY created_at DESC, id DESC LIMIT 1');
    return row === undefined ? undefined : datedOf(row);
  }

  newestLastResort(): DatedPreKeyRecord | undefined {
    const row = this.#database.get(
      `SELECT id, record, last_resort_since AS created_at FROM kyber_pre_key WHERE last_resort_since IS NOT NULL
       ORDER BY last_resort_since DESC, id DESC LIMIT 1`,
    );
    return row === undefined ? undefined : datedOf(row);
  }

  deleteReplaced(before: UnixMs, publication: PreKeyPublication): void {
    this.#database.atomically(() => {
      this.#deleteOlder('signed_pre_key', 'created_at', { id: publication.signedPreKeyId, before });
      this.#deleteOlder('kyber_pre_key', 'last_resort_since', { id: publication.lastResortKyberPreKeyId, before });
    });
  }

  /** Deletes what was made before both `before` and the published key `id`. */
  #deleteOlder(table: string, madeAt: string, { id, before }: { id: number; before: UnixMs }): void {
    this.#database.run(
      `DELETE FROM ${table} WHERE ${madeAt} < ? AND id <> ?
       AND ${madeAt} <= (SELECT ${madeAt} FROM ${table} WHERE id = ?)`,
      [before, id, id],
    );
  }
}
