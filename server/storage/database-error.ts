import { QueryFailedError } from 'typeorm';
import { errorCode } from './error-code.js';

/** Why a database refused, as far as the program acts on it. */
export type DatabaseErrorKind =
  | 'uniqueViolation'
  | 'foreignKeyViolation'
  /** The whole transaction may be tried again. */
  | 'contention'
  /** No connection, or it broke: what was under way may or may not have been committed. */
  | 'unavailable'
  | 'other';

const KINDS: Readonly<Record<string, DatabaseErrorKind>> = {
  ER_DUP_ENTRY: 'uniqueViolation',
  SQLITE_CONSTRAINT_UNIQUE: 'uniqueViolation',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'uniqueViolation',
  ER_NO_REFERENCED_ROW_2: 'foreignKeyViolation',
  ER_ROW_IS_REFERENCED_2: 'foreignKeyViolation',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'foreignKeyViolation',
  ER_LOCK_DEADLOCK: 'contention',
  ER_LOCK_WAIT_TIMEOUT: 'contention',
  // MariaDB: the row changed since this transaction's snapshot.
  ER_CHECKREAD: 'contention',
  SQLITE_BUSY: 'contention',
  SQLITE_BUSY_SNAPSHOT: 'contention',
  SQLITE_LOCKED: 'contention',
  ER_CON_COUNT_ERROR: 'unavailable',
  ER_SERVER_SHUTDOWN: 'unavailable',
  ER_NORMAL_SHUTDOWN: 'unavailable',
  ER_QUERY_INTERRUPTED: 'unavailable',
  PROTOCOL_CONNECTION_LOST: 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  EPIPE: 'unavailable',
  ETIMEDOUT: 'unavailable',
};

/** The frames alone. The first lines of a stack repeat the message, and with it values from the statement. */
const framesOf = (failure: unknown): string => {
  const stack = typeof failure === 'object' && failure !== null && 'stack' in failure ? String(failure.stack) : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
};

/** The failure without what the drivers attach to it. */
class DriverError extends Error {
  constructor(code: string, frames: string) {
    super(code);
    this.name = 'DriverError';
    this.stack = `DriverError: ${code}\n${frames}`;
  }
}

/**
 * A failed statement, fit for logs. Drivers and TypeORM put the parameters (verifiers, hashes, usernames) into message, `sql` and
 * `parameters` of their errors; here stand the code and the statement with its placeholders.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly kind: DatabaseErrorKind;
  readonly code: string;

  constructor(code: string, statement: string | undefined, failure: unknown) {
    super(`The database failed with ${code}${statement === undefined ? '' : `: ${statement}`}`, {
      cause: new DriverError(code, framesOf(failure)),
    });
    this.code = code;
    this.kind = KINDS[code] ?? 'other';
  }
}

const STATEMENT_SHOWN = 160;

/**
 * Makes a {@link DatabaseError} of what a driver or TypeORM threw; anything else comes back as it is. `statement` must be SQL with
 * placeholders, never with values in it.
 */
export const scrubbed = (error: unknown, statement?: string): unknown => {
  if (error instanceof DatabaseError) return error;
  if (error instanceof QueryFailedError)
    return scrubbedDriverError(error.driverError, error.query, errorCode(error.driverError) ?? 'an unnamed error');
  const code = errorCode(error);
  const isDriverError = code !== undefined && (code in KINDS || /^(?:SQLITE|ER)_/.test(code));
  return isDriverError ? scrubbedDriverError(error, statement, code) : error;
};

const scrubbedDriverError = (error: unknown, statement: string | undefined, code: string): DatabaseError =>
  new DatabaseError(code, statement?.slice(0, STATEMENT_SHOWN), error);

/** Whether a statement failed because a row with this key stands there already, on either engine. */
export const isUniqueViolation = (error: unknown): boolean => {
  const failure = scrubbed(error);
  return failure instanceof DatabaseError && failure.kind === 'uniqueViolation';
};
