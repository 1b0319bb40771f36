/** Why the profile cannot be used, as far as the program can tell; everything else of SQLite is `failed`. */
export type StorageFault =
  /** Another process (or another core of this one) holds the profile. */
  | 'inUse'
  /** The key does not open the database, or the file is damaged. */
  | 'unreadable'
  /** Written by a newer version of this program. */
  | 'newer'
  /** Full disk, failing disk, a constraint broken by a fault of ours. */
  | 'failed';

/** The local database could not do what was asked. Never carries a value of a row, a parameter or a key. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/**
 * The code on an error of SQLite (`SQLITE_FULL`) or of the system (`ENOENT`). Not asked by class: such errors may belong to
 * another JavaScript realm.
 */
export const errorCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** A driver's error as one of ours; one of ours stays as it is. */
export const storageError = (error: unknown): StorageError => {
  if (error instanceof StorageError) return error;
  const code = errorCode(error) ?? 'unknown';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new StorageError('inUse', 'the profile is held by another program', { cause: error });
  }
  if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT')) {
    return new StorageError('unreadable', `the database cannot be read (${code})`, { cause: error });
  }
  return new StorageError('failed', `the database refused (${code})`, { cause: error });
};
