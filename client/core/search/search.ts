import type { ParamsOf, ResultOf } from '@sotto/client/bridge';
import { messageView } from '../chats/views.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { ProfileDatabase } from '../storage/database.js';
import { MessageRepository } from '../storage/message-repository.js';
import { MessageSearch } from './message-search.js';
import { SearchUpkeep } from './search-upkeep.js';

/** More of them in one text show nobody more. */
const RANGES_MOST = 100;

export interface SearchParts {
  readonly database: ProfileDatabase;
  readonly clock: Clock;
  readonly log: CoreLog;
}

/** Full-text search over all chats: the composition of this folder. */
export class Search {
  readonly #search: MessageSearch;
  readonly #upkeep: SearchUpkeep;

  constructor({ database, clock, log }: SearchParts) {
    const messages = new MessageRepository(database);
    this.#search = new MessageSearch(database, messages);
    this.#upkeep = new SearchUpkeep({ database, messages, clock, log });
  }

  /** Before any message comes. */
  start(): void {
    this.#upkeep.start();
  }

  stop(): Promise<void> {
    return this.#upkeep.stop();
  }

  find({ limit, after, ...query }: ParamsOf<'searchMessages'>): ResultOf<'searchMessages'> {
    const { hits, next } = this.#search.find(query, limit, after);
    return {
      hits: hits.map(({ message, ranges }) => ({
        message: messageView(message),
        ranges: ranges.slice(0, RANGES_MOST).map(([start, end]) => [start, end]),
      })),
      ...(next === undefined ? {} : { next }),
      complete: this.#upkeep.isComplete,
    };
  }
}
