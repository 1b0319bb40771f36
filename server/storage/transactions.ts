/**
 * One unit of work over several repositories.
 *
 * Every repository call made inside `work` joins its transaction (by async context, no handle is passed around). The rules:
 * - `work` may run more than once (a deadlock on MySQL is retried): nothing but database calls and pure code in it.
 * - `work` waits for nothing but the database: on the embedded engine everybody else waits for it.
 * - An exception rolls back. `abandon(outcome)` rolls back too and makes `outcome` the result, for expected refusals.
 * - A nested `run` joins the outer one. If it fails or abandons, the outer one can no longer commit.
 */
export interface Transactions {
  run<Outcome>(work: (abandon: (outcome: Outcome) => never) => Promise<Outcome>): Promise<Outcome>;
}
