import {
  ID_LENGTH,
  accountIdFromBytes,
  archiveIdFromBytes,
  deviceIdFromBytes,
  envelopeIdFromBytes,
  parseUnixMs,
  parseUsername,
  writeId,
  type AccountId,
  type ArchiveId,
  type DeviceId,
  type EnvelopeId,
  type UnixMs,
  type Username,
} from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** One row of a raw query, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement may be given. Whole numbers alone: both engines keep them exactly up to 2^53. */
export type Parameter = string | number | Buffer | null;

// A value of another shape means that the schema and the program disagree: a bug, never an answer.
const corrupt = (what: string, value: unknown): Error =>
  new Error(`The database holds ${value === null ? 'NULL' : `a ${typeof value}`} where ${what} belongs`);

const parsed = <Value>(value: Value | undefined, what: string, raw: unknown): Value => {
  if (value === undefined) throw corrupt(what, raw);
  return value;
};

const viewFrom = (value: unknown): Uint8Array => {
  if (!(value instanceof Uint8Array)) throw corrupt('a byte string', value);
  return value;
};

/** Copies: the drivers hand out views into buffers that they keep, and a small value would hold a large buffer alive. */
export const bytesFrom = (value: unknown): Bytes => new Uint8Array(viewFrom(value));

export const textFrom = (value: unknown): string => {
  if (typeof value !== 'string') throw corrupt('a text', value);
  return value;
};

export const integerFrom = (value: unknown): number => {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw corrupt('a whole number', value);
  return number;
};

export const accountIdFrom = (value: unknown): AccountId =>
  parsed(accountIdFromBytes(viewFrom(value)), 'an account id', value);

export const archiveIdFrom = (value: unknown): ArchiveId =>
  parsed(archiveIdFromBytes(viewFrom(value)), 'an archive id', value);

export const deviceIdFrom = (value: unknown): DeviceId =>
  parsed(deviceIdFromBytes(viewFrom(value)), 'a device id', value);

export const envelopeIdFrom = (value: unknown): EnvelopeId =>
  parsed(envelopeIdFromBytes(viewFrom(value)), 'an envelope id', value);

export const instantFrom = (value: unknown): UnixMs => parsed(parseUnixMs(integerFrom(value)), 'an instant', value);

export const usernameFrom = (value: unknown): Username => parsed(parseUsername(value), 'a username', value);

/** `undefined` for SQL's NULL. */
export const optional = <Value>(value: unknown, from: (value: unknown) => Value): Value | undefined =>
  value === null ? undefined : from(value);

/** A driver parameter over the same memory: both drivers want Node's Buffer. */
export const bytesParameter = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The 16 bytes of an id, out of Node's pool: three of these stand in every row of a mailbox. */
export const idParameter = (id: AccountId | ArchiveId | DeviceId | EnvelopeId): Buffer => {
  const bytes = Buffer.allocUnsafe(ID_LENGTH);
  writeId(id, bytes);
  return bytes;
};

export const hex = (bytes: Uint8Array): string => bytesParameter(bytes).toString('hex');
