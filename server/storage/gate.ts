import { AsyncLocalStorage } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseError, scrubbed } from './database-error.js';
import { type Lane, Session } from './session.js';
import type { Transactions } from './transactions.js';

const ATTEMPTS = 8;
const PAUSE_MOST_MS = 25;

type Abandon<Outcome> = (outcome: Outcome) => never;
type Work<Result> = (session: Session, abandon: Abandon<Result>) => Promise<Result>;

/** Unwinds a unit of work that ends without its changes. */
class Abandonment extends Error {}

/**
 * The one way to the database. TypeORM's SQLite driver has a single query runner: without this gate a second transaction would
 * become a savepoint of the first, and a rollback of the first would take the second's committed rows with it. So on every
 * engine each unit of work holds a connection of its own, and calls inside it find that connection by async context.
 */
export class Gate implements Transactions {
  readonly #lane: Lane;
  readonly #current = new AsyncLocalStorage<Session>();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Statements that need no transaction of their own. Joins the surrounding unit of work, if there is one. */
  async use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const current = this.#current.getStore();
    return current === undefined ? this.#lend(work) : joined(current, () => work(current));
  }

  /** All or nothing. Joins the surrounding transaction, if there is one. */
  async transaction<Result>(work: Work<Result>): Promise<Result> {
    const current = this.#current.getStore();
    if (current?.isInTransaction === true) return joined(current, async () => (await ended(current, work)).result);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await (current === undefined
          ? this.#lend((session) => transact(session, work))
          : transact(current, work));
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof DatabaseError) || error.kind !== 'contention') throw error;
        // Two that deadlocked would meet again if they came back at the same moment.
        await pause(randomInt(PAUSE_MOST_MS) * attempt);
      }
    }
  }

  run<Outcome>(work: (abandon: Abandon<Outcome>) => Promise<Outcome>): Promise<Outcome> {
    return this.transaction((_session, abandon) => work(abandon));
  }

  async #lend<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    try {
      return await this.#lane.lend(async (connection) => {
        const session = new Session(connection);
        try {
          return await this.#current.run(session, () => work(session));
        } finally {
          session.end();
        }
      });
    } catch (error) {
      throw scrubbed(error);
    }
  }
}

const joined = async <Result>(session: Session, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    // Half of this step may stand: whoever catches the error further out must not commit it.
    session.doom(scrubbed(error));
    throw scrubbed(error);
  }
};

const transact = async <Result>(session: Session, work: Work<Result>): Promise<Result> => {
  await session.begin();
  try {
    const { result, wasAbandoned } = await ended(session, work);
    await (wasAbandoned ? session.rollback() : session.commit());
    return result;
  } catch (error) {
    // The first failure is the one that explains. Where the rollback fails too, MySQL rolls back by losing the connection,
    // and SQLite has rolled back by itself (full disk) or refuses the next BEGIN.
    await session.rollback().catch(() => undefined);
    throw scrubbed(error);
  }
};

/** Runs `work` with a way out that ends it with an outcome but without its changes. */
const ended = async <Result>(
  session: Session,
  work: Work<Result>,
): Promise<{ readonly result: Result; readonly wasAbandoned: boolean }> => {
  const ways: { readonly by: Abandonment; readonly outcome: Result }[] = [];
  const abandon = (outcome: Result): never => {
    const by = new Abandonment('This unit of work was abandoned by its own decision');
    ways.push({ by, outcome });
    // Were `work` to catch this and go on, nothing of it would be stored all the same.
    session.doom(by);
    throw by;
  };
  try {
    return { result: await work(session, abandon), wasAbandoned: false };
  } catch (error) {
    const way = ways.find(({ by }) => by === error);
    if (way === undefined) throw error;
    return { result: way.outcome, wasAbandoned: true };
  }
};
