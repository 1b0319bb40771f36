/** What the cache closes when it forgets it. */
export interface Closable {
  close(): void;
}

/**
 * Keeps the most recently used prepared statements and closes the rest. Native statements live outside of the garbage
 * collector's sight: one that is dropped without closing keeps its memory for as long as the database is open.
 */
export class StatementCache<Statement extends Closable> {
  readonly #capacity: number;
  readonly #prepare: (sql: string) => Statement;
  readonly #statements = new Map<string, Statement>();

  constructor(capacity: number, prepare: (sql: string) => Statement) {
    this.#capacity = capacity;
    this.#prepare = prepare;
  }

  get(sql: string): Statement {
    const known = this.#statements.get(sql);
    const statement = known ?? this.#prepare(sql);
    // A Map keeps the order of insertion: the first is the one that was used longest ago.
    if (known !== undefined) this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > this.#capacity) this.#forgetOldest();
    return statement;
  }

  clear(): void {
    for (const statement of this.#statements.values()) statement.close();
    this.#statements.clear();
  }

  #forgetOldest(): void {
    for (const [sql, statement] of this.#statements) {
      this.#statements.delete(sql);
      statement.close();
      return;
    }
  }
}
