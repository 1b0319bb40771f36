import type { Parameter } from './row-values.js';

/** Rows and list items in one statement; beyond it a statement gains nothing and its many shapes crowd the statement cache. */
export const ITEMS_PER_STATEMENT = 64;

/** The same on the way of every message: few statements for a large batch, and no more shapes than four more. */
export const ROWS_PER_BATCH = 4 * ITEMS_PER_STATEMENT;

/** Cuts a list into pieces of at most `most`. */
export const inChunks = <Item>(items: readonly Item[], most = ITEMS_PER_STATEMENT): Item[][] => {
  const chunks: Item[][] = [];
  for (let start = 0; start < items.length; start += most) chunks.push(items.slice(start, start + most));
  return chunks;
};

/**
 * Repeats the last item up to a length that is a power of two: in `IN` and `OR` lists repeats change nothing, and seven shapes
 * of a statement are prepared instead of sixty-four.
 */
export const padded = <Item>(items: readonly Item[]): Item[] => {
  const last = items.at(-1);
  if (last === undefined) return [];
  let length = 1;
  while (length < items.length) length *= 2;
  return [...items, ...Array.from({ length: length - items.length }, () => last)];
};

/** `count` times `pattern` with `separator` between. */
export const repeated = (pattern: string, count: number, separator: string): string =>
  Array.from({ length: count }, () => pattern).join(separator);

/** `?, ?, ?` for the parameters of an `IN` list. */
export const placeholders = (parameters: readonly Parameter[]): string => repeated('?', parameters.length, ', ');
