/** The server must not start on this database. The message is for its operator: what is wrong and what to do. */
export class UnusableDatabaseError extends Error {
  override readonly name = 'UnusableDatabaseError';
}
