import type { EntityManager } from 'typeorm';
import type { Parameter, Row } from './row-values.js';

/** One connection of one engine, lent to one unit of work at a time. */
export interface LentConnection {
  /**
   * For wide, rare statements; hot paths use {@link rows} and {@link change}, which cost a fraction. Writes by it belong into a
   * transaction: outside of one nobody would wait for another process's writing on the embedded engine.
   */
  readonly manager: EntityManager;
  /** Ends a SELECT that reads rows in order to change what depends on them. SQLite has one writer at a time anyway. */
  readonly forUpdate: '' | ' FOR UPDATE';
  /** Stands after a table's name and holds the engine to one index, where it would take another that starts alike. */
  viaIndex(index: string): string;
  /** Runs a prepared SELECT. */
  rows(sql: string, parameters: readonly Parameter[]): Promise<readonly Row[]>;
  /** Runs a prepared INSERT, UPDATE or DELETE; answers how many rows it met (for an UPDATE also those that it left the same). */
  change(sql: string, parameters: readonly Parameter[]): Promise<number>;
  /** Runs a prepared INSERT into a table with a counted key; answers the key of the first row. The others follow one by one. */
  insertCounted(sql: string, parameters: readonly Parameter[]): Promise<number>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** How an engine lends its connections. */
export interface Lane {
  lend<Result>(work: (connection: LentConnection) => Promise<Result>): Promise<Result>;
}

/** What repositories work with: a lent connection and the state of the unit of work that holds it. */
export class Session {
  readonly #connection: LentConnection;
  #state: 'open' | 'inTransaction' | 'doomed' | 'ended' = 'open';
  #doomedBy: unknown;

  constructor(connection: LentConnection) {
    this.#connection = connection;
  }

  get manager(): EntityManager {
    return this.#usable().manager;
  }

  get forUpdate(): '' | ' FOR UPDATE' {
    return this.#connection.forUpdate;
  }

  viaIndex(index: string): string {
    return this.#connection.viaIndex(index);
  }

  get isInTransaction(): boolean {
    return this.#state === 'inTransaction' || this.#state === 'doomed';
  }

  rows(sql: string, parameters: readonly Parameter[]): Promise<readonly Row[]> {
    return this.#usable().rows(sql, parameters);
  }

  change(sql: string, parameters: readonly Parameter[]): Promise<number> {
    return this.#usable().change(sql, parameters);
  }

  insertCounted(sql: string, parameters: readonly Parameter[]): Promise<number> {
    return this.#usable().insertCounted(sql, parameters);
  }

  /** For work that is only right under locks which an earlier step of the same transaction took. */
  requireTransaction(what: string): void {
    if (!this.isInTransaction) throw new Error(`${what} is only right inside a transaction`);
  }

  async begin(): Promise<void> {
    await this.#usable().begin();
    this.#state = 'inTransaction';
  }

  async commit(): Promise<void> {
    if (this.#state === 'doomed')
      throw new Error(
        'A step of this transaction failed or was abandoned, yet its caller went on: nothing was stored',
        {
          cause: this.#doomedBy,
        },
      );
    await this.#connection.commit();
    this.#state = 'open';
  }

  async rollback(): Promise<void> {
    this.#state = 'open';
    this.#doomedBy = undefined;
    await this.#connection.rollback();
  }

  /** From now on only a rollback is possible. */
  doom(by: unknown): void {
    if (this.#state !== 'inTransaction') return;
    this.#state = 'doomed';
    this.#doomedBy = by;
  }

  /** The connection goes back to others: a promise that outlives its unit of work must not write into theirs. */
  end(): void {
    this.#state = 'ended';
  }

  #usable(): LentConnection {
    if (this.#state === 'ended')
      throw new Error('The unit of work has ended, yet a call that it started and did not wait for goes on');
    return this.#connection;
  }
}
