import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';

/** What is counted over the whole life of a profile. */
type Counter = 'expired';

/** Numbers that only grow. */
export class CounterRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  add(name: Counter, amount: number): void {
    this.#database.run(
      'INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
      [name, amount],
    );
  }

  get(name: Counter): number {
    const row = this.#database.get('SELECT value FROM counter WHERE name = ?', [name]);
    return row === undefined ? 0 : column.integer(row, 'value');
  }
}
