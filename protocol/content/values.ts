import {
  accountIdFromBytes,
  deviceIdFromBytes,
  messageIdFromBytes,
  parseUnixMs,
  parseUsername,
  type AccountId,
  type DeviceId,
  type MessageId,
  type UnixMs,
  type Username,
} from '../ids.js';

/** Bytes with a buffer of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A value inside a content breaks a bound; caught by the one function that decodes the whole. */
class BadValue extends Error {
  override readonly name = 'BadValue';
}

const required = <T>(value: T | undefined): T => {
  if (value === undefined) throw new BadValue();
  return value;
};

/** Readers of single values. Each throws unless the value is good, to be caught by {@link decoded}. */
export const value = {
  account: (bytes: Uint8Array): AccountId => required(accountIdFromBytes(bytes)),
  device: (bytes: Uint8Array): DeviceId => required(deviceIdFromBytes(bytes)),
  message: (bytes: Uint8Array): MessageId => required(messageIdFromBytes(bytes)),
  username: (text: string): Username => required(parseUsername(text)),
  time: (ms: bigint): UnixMs => required(parseUnixMs(ms)),
  /** A count that a number can hold. */
  count: (count: bigint): number => {
    if (count > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadValue();
    return Number(count);
  },
  /** Exactly so many bytes. */
  bytes: (bytes: Uint8Array, length: number): Bytes => {
    if (bytes.length !== length) throw new BadValue();
    return new Uint8Array(bytes);
  },
  /** So many bytes, or none at all. */
  bytesOrNone: (bytes: Uint8Array, length: number): Bytes | undefined =>
    bytes.length === 0 ? undefined : value.bytes(bytes, length),
  /** One byte at least, and at most so many. */
  someBytes: (bytes: Uint8Array, most: number): Bytes => {
    if (bytes.length === 0 || bytes.length > most) throw new BadValue();
    return new Uint8Array(bytes);
  },
  /** At most so many UTF-16 code units, and at least `least`. */
  text: (text: string, most: number, least = 0): string => {
    if (text.length < least || text.length > most) throw new BadValue();
    return text;
  },
  /** The value that must be there. */
  required,
  /** A repeated field, with at least one and at most so many values. */
  some: <From, To>(values: readonly From[], most: number, read: (value: From) => To): readonly To[] => {
    if (values.length === 0 || values.length > most) throw new BadValue();
    return values.map(read);
  },
} as const;

/** What `read` gives, or `undefined` where a value in it is not good. */
export const decoded = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadValue) return undefined;
    throw error;
  }
};
