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

  savePublication({ signedPreKeyId, lastResortKyberPreKeyId, publishedAt }: PreKeyPublication): void {
    this.#database.atomically(() => {
      this.#database.run('INSERT OR REPLACE INTO pre_key_publication VALUES (1, ?, ?, ?)', [
        signedPreKeyId,
        lastResortKyberPreKeyId,
        publishedAt,
      ]);
      this.#database.run('UPDATE signed_pre_key SET created_at = ? WHERE id = ?', [publishedAt, signedPreKeyId]);
      this.#database.run('UPDATE kyber_pre_key SET last_resort_since = ? WHERE id = ?', [
        publishedAt,
        lastResortKyberPreKeyId,
      ]);
    });
  }

  listSigned(): readonly DatedPreKeyRecord[] {
    return this.#database.all('SELECT * FROM signed_pre_key').map(datedOf);
  }

  listLastResort(): readonly DatedPreKeyRecord[] {
    const sql = `SELECT id, record, last_resort_since AS created_at FROM kyber_pre_key
      WHERE last_resort_since IS NOT NULL`;
    return this.#database.all(sql).map(datedOf);
  }

  deleteReplaced(ids: { readonly signed: readonly number[]; readonly lastResort: readonly number[] }): void {
    this.#database.atomically(() => {
      for (const id of ids.signed) this.#database.run('DELETE FROM signed_pre_key WHERE id = ?', [id]);
      for (const id of ids.lastResort) {
        this.#database.run('DELETE FROM kyber_pre_key WHERE id = ? AND last_resort_since IS NOT NULL', [id]);
      }
    });
  }
}
