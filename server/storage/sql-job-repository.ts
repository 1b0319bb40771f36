import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import { isUniqueViolation } from './database-error.js';
import type { Gate } from './gate.js';
import type { JobRepository, JobTerms } from './job-repository.js';
import { bytesParameter, instantFrom, optional } from './row-values.js';

export class SqlJobRepository implements JobRepository {
  readonly #gate: Gate;
  readonly #known = new Set<string>();

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  async take(name: string, holder: Bytes, { now, heldUntil, finishedBefore }: JobTerms): Promise<boolean> {
    await this.#make(name);
    return this.#gate.use(async (session) => {
      const changed = await session.change(
        'UPDATE job SET holder = ?, held_until = ? ' +
          'WHERE name = ? AND (holder IS NULL OR held_until <= ?) AND (finished_at IS NULL OR finished_at < ?)',
        [bytesParameter(holder), heldUntil, name, now, finishedBefore],
      );
      return changed === 1;
    });
  }

  finish(name: string, holder: Bytes, now: UnixMs): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change('UPDATE job SET holder = NULL, finished_at = ? WHERE name = ? AND holder = ?', [
        now,
        name,
        bytesParameter(holder),
      ]);
    });
  }

  async note(name: string, now: UnixMs): Promise<void> {
    await this.#make(name);
    await this.#gate.use(async (session) => {
      await session.change('UPDATE job SET finished_at = ? WHERE name = ?', [now, name]);
    });
  }

  finishedAt(name: string): Promise<UnixMs | undefined> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows('SELECT finished_at FROM job WHERE name = ?', [name]);
      return row === undefined ? undefined : optional(row['finished_at'], instantFrom);
    });
  }

  async #make(name: string): Promise<void> {
    if (this.#known.has(name)) return;
    try {
      await this.#gate.use(async (session) => {
        await session.change('INSERT INTO job (name, holder, held_until, finished_at) VALUES (?, NULL, 0, NULL)', [
          name,
        ]);
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
    }
    this.#known.add(name);
  }
}
