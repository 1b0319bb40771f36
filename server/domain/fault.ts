import { DatabaseError } from '../storage/database-error.js';
import { refuse, type Refusal } from './outcome.js';

export const SERVER_BUSY = refuse(
  'serverBusy',
  'The server has more to do than it can keep up with. Try again soon.',
  1_000,
);
const DATABASE_AWAY = refuse('serverBusy', 'The server cannot reach its database. Try again soon.', 2_000);
const INTERNAL = refuse('internal', 'The server failed. Its log tells more under the request id.');

/** What a caller is told of an exception: whether trying again helps, and nothing else. */
export const refusalFor = (fault: unknown): Refusal =>
  fault instanceof DatabaseError && fault.kind === 'unavailable' ? DATABASE_AWAY : INTERNAL;
