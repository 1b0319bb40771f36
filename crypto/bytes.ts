import {
  accountIdFromBytes,
  deviceIdFromBytes,
  ID_LENGTH,
  idBytes,
  parseUnixMs,
  type AccountId,
  type DeviceId,
  type UnixMs,
} from '@sotto/protocol/ids';
import { constantTimeEqual } from './constant-time.js';
import type { Bytes } from './keys.js';
import type { Label } from './labels.js';

const U8_MOST = 0xff;
const U16_MOST = 0xffff;
const U32_MOST = 0xffff_ffff;

const ascii = new TextEncoder();

/** The bytes of a label, which stand first in everything that is hashed, signed or authenticated. */
export const labelBytes = (label: Label): Bytes => ascii.encode(label);

/** Do the bytes begin like a structure with this label, but of another version? (A label ends in one digit.) */
export const isOfAnotherVersion = (bytes: Uint8Array, label: Label): boolean => {
  const own = labelBytes(label);
  const family = own.length - 1;
  const version = String.fromCharCode(bytes[family] ?? 0);
  return (
    constantTimeEqual(bytes.subarray(0, family), own.subarray(0, family)) &&
    /[1-9]/u.test(version) &&
    !label.endsWith(version)
  );
};

/** Joins byte strings into one. */
export const concatenate = (...parts: readonly Uint8Array[]): Bytes => {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

/** The 64-bit big-endian form of a whole number up to 2^53. */
export const u64Bytes = (value: number): Bytes => {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned 64-bit integer.`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
};

/** The 32-bit big-endian form of a whole number below 2^32. */
export const u32Bytes = (value: number): Bytes => {
  if (!Number.isInteger(value) || value < 0 || value > U32_MOST) throw new RangeError(`${value} does not fit 32 bits.`);
  return u64Bytes(value).slice(4);
};

/**
 * Writes a canonical structure (SPEC §1.2): the label, then fields in a fixed order, integers big-endian, fields of
 * variable length after a 16-bit length. One value has one encoding.
 */
export class CanonicalWriter {
  readonly #parts: Uint8Array[];

  /** @param label - absent only for what is sealed under a key of one purpose, whose associated data says what it is */
  constructor(label?: Label) {
    this.#parts = label === undefined ? [] : [labelBytes(label)];
  }

  /** A field whose length is fixed by the format. */
  fixed(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** A field of up to 65,535 bytes. */
  variable(bytes: Uint8Array): this {
    return this.u16(bytes.length).fixed(bytes);
  }

  id(id: AccountId | DeviceId): this {
    return this.fixed(idBytes(id));
  }

  u8(value: number): this {
    return this.#unsigned(value, 1, U8_MOST);
  }

  u16(value: number): this {
    return this.#unsigned(value, 2, U16_MOST);
  }

  u32(value: number): this {
    return this.#unsigned(value, 4, U32_MOST);
  }

  u64(value: number): this {
    return this.fixed(u64Bytes(value));
  }

  finish(): Bytes {
    return concatenate(...this.#parts);
  }

  #unsigned(value: number, length: number, most: number): this {
    if (!Number.isInteger(value) || value < 0 || value > most) throw new RangeError(`${value} does not fit the field.`);
    return this.fixed(u64Bytes(value).subarray(8 - length));
  }
}

/** Bytes that are not the canonical encoding of anything. Never leaves {@link readCanonical}. */
class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Reads the fields of a canonical structure; every method gives up the whole reading where its field is not there. */
export class CanonicalReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  fixed(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) return this.refuse();
    const field = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return field;
  }

  variable(): Uint8Array {
    return this.fixed(this.u16());
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.fixed(this.#bytes.length - this.#at);
  }

  accountId(): AccountId {
    return this.required(accountIdFromBytes(this.fixed(ID_LENGTH)));
  }

  deviceId(): DeviceId {
    return this.required(deviceIdFromBytes(this.fixed(ID_LENGTH)));
  }

  u8(): number {
    return this.#unsigned(1);
  }

  u16(): number {
    return this.#unsigned(2);
  }

  u32(): number {
    return this.#unsigned(4);
  }

  /** A 64-bit number that JavaScript holds exactly; anything above 2^53 is refused. */
  u64(): number {
    const value = this.#unsigned(8);
    return Number.isSafeInteger(value) ? value : this.refuse();
  }

  time(): UnixMs {
    return this.required(parseUnixMs(this.u64()));
  }

  /** The value of a field, or an end to the reading where it could not be parsed. */
  required<Value>(value: Value | undefined): Value {
    return value === undefined ? this.refuse() : value;
  }

  refuse(): never {
    throw new Malformed();
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  #unsigned(length: number): number {
    return this.fixed(length).reduce((value, byte) => value * 256 + byte, 0);
  }
}

/** Reads fields that stand without a label, as sealed ones do. `undefined` if one is missing or malformed, or bytes are left over. */
export const readFields = <Value>(
  bytes: Uint8Array,
  read: (reader: CanonicalReader) => Value | undefined,
): Value | undefined => {
  const reader = new CanonicalReader(bytes);
  try {
    const value = read(reader);
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

/**
 * Reads a whole canonical structure. `undefined` if the label is another, a field is missing or malformed, or bytes are
 * left over: what verifies is exactly what was read.
 */
export const readCanonical = <Value>(
  bytes: Uint8Array,
  label: Label,
  read: (reader: CanonicalReader) => Value,
): Value | undefined =>
  readFields(bytes, (reader) => {
    const expected = labelBytes(label);
    return constantTimeEqual(reader.fixed(expected.length), expected) ? read(reader) : undefined;
  });
