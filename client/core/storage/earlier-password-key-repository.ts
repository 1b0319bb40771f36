import { CONTENT_LIMITS, type EarlierPasswordKey } from '@sotto/protocol/content';
import type { Bytes } from '@sotto/protocol/wire';
import type { EarlierPasswordKeyStore } from '../account/wrapped-keys.js';
import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';

/** Every earlier password key that this device knows, its own and those of the storage record, oldest first. */
export class EarlierPasswordKeyRepository implements EarlierPasswordKeyStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  list(): readonly EarlierPasswordKey[] {
    return this.#database
      .all('SELECT * FROM earlier_password_key ORDER BY changed_at, wrapped')
      .map((row) => ({ wrapped: column.bytes(row, 'wrapped'), changedAt: column.instant(row, 'changed_at') }));
  }

  add({ wrapped, changedAt }: EarlierPasswordKey): void {
    this.#database.run('INSERT OR IGNORE INTO earlier_password_key VALUES (?, ?)', [wrapped, changedAt]);
    this.#database.run(
      `DELETE FROM earlier_password_key WHERE wrapped IN (
         SELECT wrapped FROM earlier_password_key ORDER BY changed_at DESC, wrapped DESC LIMIT -1 OFFSET ?)`,
      [CONTENT_LIMITS.earlierPasswordKeys],
    );
  }

  get isClosed(): boolean {
    return this.#database.get('SELECT 1 FROM closed_keys') !== undefined;
  }

  setClosed(isClosed: boolean): void {
    this.#database.run(isClosed ? 'INSERT OR IGNORE INTO closed_keys VALUES (1)' : 'DELETE FROM closed_keys');
  }

  remove(wrapped: Bytes): void {
    this.#database.run('DELETE FROM earlier_password_key WHERE wrapped = ?', [wrapped]);
  }
}
