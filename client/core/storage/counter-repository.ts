import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';
import { StorageError } from './storage-error.js';

/** What is counted over the whole life of a profile. */
type Counter = 'expired' | 'ownSequence';

/** Numbers that only grow. */
export class CounterRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  /** Returns what the number has become. */
  add(name: Counter, amount: number): number {
    const row = this.#database.get(
      'INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value',
      [name, amount],
    );
    if (row === undefined) throw new StorageError('failed', 'a number was not counted');
    return column.integer(row, 'value');
  }

  get(name: Counter): number {
    const row = this.#database.get('SELECT value FROM counter WHERE name = ?', [name]);
    return row === undefined ? 0 : column.integer(row, 'value');
  }
}
