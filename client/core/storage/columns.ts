import {
  accountIdFromBytes,
  deviceIdFromBytes,
  envelopeIdFromBytes,
  messageIdFromBytes,
  parseUnixMs,
  parseUsername,
  type UnixMs,
  type Username,
} from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { Row, SqlValue } from './database.js';
import { StorageError } from './storage-error.js';

/**
 * Reads typed values out of rows. STRICT tables hold what was written, so a wrong type is a damaged file or a fault of ours:
 * both stop the caller rather than travel on.
 */

const wrong = (column: string): StorageError => new StorageError('unreadable', `column ${column} holds a wrong value`);

const parsed = <T>(column: string, value: T | undefined): T => {
  if (value === undefined) throw wrong(column);
  return value;
};

const valueOf = (row: Row, column: string): SqlValue => parsed(column, row[column]);

export const text = (row: Row, column: string): string => {
  const value = valueOf(row, column);
  if (typeof value !== 'string') throw wrong(column);
  return value;
};

export const integer = (row: Row, column: string): number => {
  const value = valueOf(row, column);
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(column);
  return value;
};

export const bytes = (row: Row, column: string): Bytes => {
  const value = valueOf(row, column);
  if (!(value instanceof Uint8Array)) throw wrong(column);
  // The driver hands out a Buffer, whose slices and text forms differ from those of plain bytes.
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
};

/** Reads a column that may be NULL. */
export const optional = <T>(row: Row, column: string, read: (row: Row, column: string) => T): T | undefined =>
  valueOf(row, column) === null ? undefined : read(row, column);

/** Reads a text that is one of `members`. */
export const oneOf =
  <const T extends string>(...members: readonly T[]) =>
  (row: Row, column: string): T => {
    const value = text(row, column);
    return parsed(
      column,
      members.find((member) => member === value),
    );
  };

export const flag = (row: Row, column: string): boolean => integer(row, column) === 1;
export const instant = (row: Row, column: string): UnixMs => parsed(column, parseUnixMs(integer(row, column)));
export const username = (row: Row, column: string): Username => parsed(column, parseUsername(text(row, column)));
export const accountId = (row: Row, column: string) => parsed(column, accountIdFromBytes(bytes(row, column)));
export const deviceId = (row: Row, column: string) => parsed(column, deviceIdFromBytes(bytes(row, column)));
export const envelopeId = (row: Row, column: string) => parsed(column, envelopeIdFromBytes(bytes(row, column)));
export const messageId = (row: Row, column: string) => parsed(column, messageIdFromBytes(bytes(row, column)));
