/**
 * Branded identifiers and the only places where an untrusted value becomes one.
 *
 * Ids are lower-case UUID strings in memory (cheap to compare, to print and to use as map keys) and 16 bytes on the wire.
 * This is the one file of the package where a type assertion may stand: a brand has no other way in.
 */

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** An account, chosen at random by the client that registers it (UUIDv4). */
export type AccountId = Brand<string, 'AccountId'>;
/** A device: UUIDv8 made from a hash of its identity key (SPEC §2.2), so that a device id cannot be given to another key. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** A message as the two ends know it, chosen at random by its author. */
export type MessageId = Brand<string, 'MessageId'>;
/** An envelope in the mailbox of one device, chosen at random by the sender; unique per device. */
export type EnvelopeId = Brand<string, 'EnvelopeId'>;
/** A history archive, chosen at random by the device that uploads it. */
export type ArchiveId = Brand<string, 'ArchiveId'>;
/** A username as shown; compared by {@link usernameKey}. */
export type Username = Brand<string, 'Username'>;
/** Milliseconds since 1970-01-01T00:00Z. */
export type UnixMs = Brand<number, 'UnixMs'>;

/** Length of every id on the wire, in bytes. */
export const ID_LENGTH = 16;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Version 8 and RFC 9562 variant: what a device id must look like. */
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const USERNAME = /^[A-Za-z][A-Za-z0-9_]{2,31}$/;
/** The last instant that `Date` can hold; anything above is a forged time. */
const LAST_INSTANT_MS = 8_640_000_000_000_000;

/** Parses an account id; `undefined` unless it is a lower-case UUID. */
export const parseAccountId = (value: unknown): AccountId | undefined =>
  typeof value === 'string' && UUID.test(value) ? (value as AccountId) : undefined;

/** Parses a device id; `undefined` unless it is a lower-case UUIDv8. */
export const parseDeviceId = (value: unknown): DeviceId | undefined =>
  typeof value === 'string' && UUID_V8.test(value) ? (value as DeviceId) : undefined;

/** Parses a message id; `undefined` unless it is a lower-case UUID. */
export const parseMessageId = (value: unknown): MessageId | undefined =>
  typeof value === 'string' && UUID.test(value) ? (value as MessageId) : undefined;

/** Parses an envelope id; `undefined` unless it is a lower-case UUID. */
export const parseEnvelopeId = (value: unknown): EnvelopeId | undefined =>
  typeof value === 'string' && UUID.test(value) ? (value as EnvelopeId) : undefined;

/** Parses an archive id; `undefined` unless it is a lower-case UUID. */
export const parseArchiveId = (value: unknown): ArchiveId | undefined =>
  typeof value === 'string' && UUID.test(value) ? (value as ArchiveId) : undefined;

/**
 * Parses a username: 3 to 32 characters, a Latin letter first, then letters, digits and `_`.
 * Only ASCII, so that two names that look alike cannot be two accounts.
 */
export const parseUsername = (value: unknown): Username | undefined =>
  typeof value === 'string' && USERNAME.test(value) ? (value as Username) : undefined;

/** The form in which usernames are compared and kept unique: lower case. */
export const usernameKey = (username: Username): string => username.toLowerCase();

/** Parses a time in milliseconds; `undefined` unless it is a whole number that a date can hold. */
export const parseUnixMs = (value: unknown): UnixMs | undefined => {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 && number <= LAST_INSTANT_MS
    ? (number as UnixMs)
    : undefined;
};

const DIGITS = '0123456789abcdef';
/** The two hex digits of every byte, by their character codes. */
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS.charCodeAt(byte >> 4));
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS.charCodeAt(byte & 15));
const HYPHEN = 0x2d;

/** In one piece: every message reads half a dozen ids, and a text of many parts is put together anew at each look-up. */
const uuidOf = (bytes: Uint8Array): string => {
  const high = (at: number): number => HIGH[bytes[at] ?? 0] ?? 0;
  const low = (at: number): number => LOW[bytes[at] ?? 0] ?? 0;
  // prettier-ignore
  return String.fromCharCode(
    high(0), low(0), high(1), low(1), high(2), low(2), high(3), low(3), HYPHEN,
    high(4), low(4), high(5), low(5), HYPHEN,
    high(6), low(6), high(7), low(7), HYPHEN,
    high(8), low(8), high(9), low(9), HYPHEN,
    high(10), low(10), high(11), low(11), high(12), low(12), high(13), low(13), high(14), low(14), high(15), low(15),
  );
};

/** Any 16 bytes are an id, whose text needs no check. */
const idFrom = (bytes: Uint8Array): string | undefined => (bytes.length === ID_LENGTH ? uuidOf(bytes) : undefined);

const isVersion8 = (bytes: Uint8Array): boolean => (bytes[6] ?? 0) >> 4 === 8 && (bytes[8] ?? 0) >> 6 === 2;

/** Reads an account id from its 16 wire bytes; `undefined` for any other length. */
export const accountIdFromBytes = (bytes: Uint8Array): AccountId | undefined => idFrom(bytes) as AccountId | undefined;
/** Reads a device id from its 16 wire bytes; `undefined` for any other length or UUID version. */
export const deviceIdFromBytes = (bytes: Uint8Array): DeviceId | undefined =>
  isVersion8(bytes) ? (idFrom(bytes) as DeviceId | undefined) : undefined;
/** Reads a message id from its 16 wire bytes; `undefined` for any other length. */
export const messageIdFromBytes = (bytes: Uint8Array): MessageId | undefined => idFrom(bytes) as MessageId | undefined;
/** Reads an archive id from its 16 wire bytes; `undefined` for any other length. */
export const archiveIdFromBytes = (bytes: Uint8Array): ArchiveId | undefined => idFrom(bytes) as ArchiveId | undefined;
/** Reads an envelope id from its 16 wire bytes; `undefined` for any other length. */
export const envelopeIdFromBytes = (bytes: Uint8Array): EnvelopeId | undefined =>
  idFrom(bytes) as EnvelopeId | undefined;

/** The value of a lower-case hex digit by its character code. Every message makes dozens of ids into bytes. */
const nibble = (code: number): number => (code < 0x3a ? code - 0x30 : code - 0x57);

type AnyId = AccountId | DeviceId | MessageId | EnvelopeId | ArchiveId;

/** Writes the 16 wire bytes of any id to the start of `bytes`. */
export const writeId = (id: AnyId, bytes: Uint8Array): void => {
  let at = 0;
  for (let index = 0; index < id.length; index += 2) {
    if (id.charCodeAt(index) === HYPHEN) index += 1;
    bytes[at] = nibble(id.charCodeAt(index)) * 16 + nibble(id.charCodeAt(index + 1));
    at += 1;
  }
};

/** The 16 wire bytes of any id. */
export const idBytes = (id: AnyId): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(ID_LENGTH);
  writeId(id, bytes);
  return bytes;
};
