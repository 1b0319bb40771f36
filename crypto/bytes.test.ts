import { parseAccountId, parseDeviceId } from '@sotto/protocol/ids';
import { describe, expect, it } from '@jest/globals';
import {
  CanonicalWriter,
  concatenate,
  isOfAnotherVersion,
  labelBytes,
  readCanonical,
  u32Bytes,
  u64Bytes,
  type CanonicalReader,
} from './bytes.js';
import { LABELS } from './labels.js';

const ACCOUNT = parseAccountId('00112233-4455-4677-8899-aabbccddeeff')!;
const DEVICE = parseDeviceId('00112233-4455-8677-8899-aabbccddeeff')!;

const read = <Value>(bytes: Uint8Array, reading: (reader: CanonicalReader) => Value) =>
  readCanonical(concatenate(labelBytes(LABELS.deviceList), bytes), LABELS.deviceList, reading);

describe('CanonicalWriter', () => {
  it('writes the label, then big-endian fields in order', () => {
    const bytes = new CanonicalWriter(LABELS.deviceList)
      .u8(1)
      .u16(0x0203)
      .u32(0x04050607)
      .u64(0x08090a0b0c0d0e)
      .variable(Uint8Array.of(0xaa, 0xbb))
      .fixed(Uint8Array.of(0xcc))
      .id(ACCOUNT)
      .finish();
    expect(Buffer.from(bytes).toString('hex')).toBe(
      `${Buffer.from('sotto/device-list/1').toString('hex')}01020304050607` +
        `0008090a0b0c0d0e0002aabbcc00112233445546778899aabbccddeeff`,
    );
  });

  it('writes zeros of every width', () => {
    const zeros = new CanonicalWriter(LABELS.deviceList)
      .u8(0)
      .u16(0)
      .u32(0)
      .u64(0)
      .variable(new Uint8Array(0))
      .finish();
    expect(zeros.subarray(LABELS.deviceList.length)).toEqual(new Uint8Array(17));
  });

  it.each([
    ['u8', 256],
    ['u8', -1],
    ['u16', 65_536],
    ['u32', 2 ** 32],
    ['u32', 1.5],
    ['u64', 2 ** 53],
    ['u64', -1],
  ] as const)('throws for %s(%d), which would be written as another number', (width, value) => {
    expect(() => new CanonicalWriter(LABELS.deviceList)[width](value)).toThrow(RangeError);
  });

  it('throws for a variable field beyond 65,535 bytes', () => {
    expect(() => new CanonicalWriter(LABELS.deviceList).variable(new Uint8Array(65_536))).toThrow(RangeError);
  });
});

describe('u64Bytes', () => {
  it('writes whole numbers up to the largest that JavaScript holds', () => {
    expect(u64Bytes(Number.MAX_SAFE_INTEGER)).toEqual(Uint8Array.of(0, 0x1f, 255, 255, 255, 255, 255, 255));
    expect(() => u64Bytes(Number.MAX_SAFE_INTEGER + 1)).toThrow(RangeError);
  });
});

describe('readCanonical', () => {
  it('reads back what was written', () => {
    const bytes = new CanonicalWriter(LABELS.deviceList)
      .u8(255)
      .u16(65_535)
      .u32(2 ** 32 - 1)
      .u64(Number.MAX_SAFE_INTEGER)
      .u64(1_770_000_000_000)
      .variable(Uint8Array.of(1, 2, 3))
      .fixed(Uint8Array.of(4))
      .id(ACCOUNT)
      .id(DEVICE)
      .finish();
    expect(
      readCanonical(bytes, LABELS.deviceList, (reader) => [
        reader.u8(),
        reader.u16(),
        reader.u32(),
        reader.u64(),
        reader.time(),
        reader.variable(),
        reader.fixed(1),
        reader.accountId(),
        reader.deviceId(),
      ]),
    ).toEqual([
      255,
      65_535,
      2 ** 32 - 1,
      Number.MAX_SAFE_INTEGER,
      1_770_000_000_000,
      Uint8Array.of(1, 2, 3),
      Uint8Array.of(4),
      ACCOUNT,
      DEVICE,
    ]);
  });

  it('refuses another label', () => {
    const bytes = new CanonicalWriter(LABELS.deviceCertificate).finish();
    expect(readCanonical(bytes, LABELS.deviceCertificate, () => true)).toBe(true);
    expect(readCanonical(bytes, LABELS.deviceList, () => true)).toBeUndefined();
    expect(readCanonical(new Uint8Array(0), LABELS.deviceList, () => true)).toBeUndefined();
  });

  it('refuses bytes that are left over', () => {
    expect(read(Uint8Array.of(1), (reader) => reader.u8())).toBe(1);
    expect(read(Uint8Array.of(1, 0), (reader) => reader.u8())).toBeUndefined();
  });

  it.each<[string, Uint8Array, (reader: CanonicalReader) => unknown]>([
    ['a field that is cut', new Uint8Array(3), (reader) => reader.u32()],
    ['a length beyond the end', Uint8Array.of(0, 2, 1), (reader) => reader.variable()],
    ['a number above 2^53', new Uint8Array(8).fill(255), (reader) => reader.u64()],
    ['exactly 2^53', Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0), (reader) => reader.u64()],
    ['a time after the last instant', u64Bytes(8_640_000_000_000_001), (reader) => reader.time()],
    ['a device id of another UUID version', new Uint8Array(16), (reader) => reader.deviceId()],
    ['a value that did not parse', new Uint8Array(0), (reader) => reader.required(undefined)],
  ])('refuses %s', (_, bytes, reading) => {
    expect(read(bytes, reading)).toBeUndefined();
  });

  it('lets a fault of the program through', () => {
    expect(() =>
      read(new Uint8Array(0), () => {
        throw new TypeError('a bug');
      }),
    ).toThrow('a bug');
  });
});

describe('u32Bytes', () => {
  it('is big-endian, up to 2^32 - 1', () => {
    expect(u32Bytes(0x0102_0304)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(u32Bytes(0xffff_ffff)).toEqual(new Uint8Array(4).fill(255));
  });

  it.each([-1, 0.5, 2 ** 32])('refuses %d', (value) => {
    expect(() => u32Bytes(value)).toThrow(RangeError);
  });
});

describe('isOfAnotherVersion', () => {
  const own = labelBytes(LABELS.deviceList);

  it.each([
    ['a later version', own.with(own.length - 1, 0x32), true],
    ['a later version with more behind it', concatenate(own.with(own.length - 1, 0x39), new Uint8Array(3)), true],
    ['its own', own, false],
    ['no digit', own.with(own.length - 1, 0x30), false],
    ['another label', labelBytes(LABELS.listReceipt), false],
    ['the version cut off', own.slice(0, -1), false],
    ['nothing', new Uint8Array(0), false],
  ])('of %s', (_, bytes, expected) => {
    expect(isOfAnotherVersion(bytes, LABELS.deviceList)).toBe(expected);
  });
});
