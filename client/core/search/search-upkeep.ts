import { BackgroundWork, type Step } from '../history/background-work.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import * as column from '../storage/columns.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';
import { MessageIndex } from './message-index.js';

/** Goes up with every change of what a message is found by; what Unicode says changes with the version of the runtime. */
const RULES = `1/${process.versions['unicode'] ?? ''}`;
/** Indexed in one transaction: a few milliseconds, in which nobody else is served. */
const STEP = 100;

export interface SearchUpkeepParts {
  readonly database: ProfileDatabase;
  readonly messages: MessageRepository;
  readonly clock: Clock;
  readonly log: CoreLog;
}

/** Brings the search index up to date after an update: forgets what was made by other rules, and adds what is missing bit by bit. */
export class SearchUpkeep {
  readonly #parts: SearchUpkeepParts;
  readonly #index: MessageIndex;
  readonly #work: BackgroundWork;

  constructor(parts: SearchUpkeepParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.#index = new MessageIndex(parts.database);
    this.#work = new BackgroundWork({ step: async () => this.#step(), clock, log, name: 'search' });
  }

  /** Before any message comes. */
  start(): void {
    this.#keepRules();
    this.#work.wake();
  }

  stop(): Promise<void> {
    return this.#work.stop();
  }

  /** Is everything found that is there? */
  get isComplete(): boolean {
    return this.#parts.messages.unindexed(1).length === 0;
  }

  #keepRules(): void {
    const { database } = this.#parts;
    const kept = database.get('SELECT name FROM search_rules');
    if (kept !== undefined && column.text(kept, 'name') === RULES) return;
    database.atomically(() => {
      if (kept !== undefined) {
        database.run("INSERT INTO message_search (message_search) VALUES ('delete-all')");
        database.run('UPDATE message SET search_row = NULL WHERE search_row IS NOT NULL');
      }
      database.run('INSERT INTO search_rules VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET name = excluded.name', [
        RULES,
      ]);
    });
  }

  #step(): Step {
    const { database, messages } = this.#parts;
    const missing = messages.unindexed(STEP);
    database.atomically(() => {
      for (const message of missing) this.#index.add(message);
    });
    return { next: missing.length < STEP ? 'idle' : 'again' };
  }
}
