/**
 * The `code` of an error, as Node and the database drivers set it. Asked of the shape: errors of native code and of other realms
 * are not instances of this realm's `Error`.
 */
export const errorCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
