import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  accountIdFromBytes,
  deviceIdFromBytes,
  idBytes,
  parseAccountId,
  parseDeviceId,
  parseUnixMs,
  parseUsername,
  usernameKey,
} from './ids.js';

describe('ids', () => {
  it('survive the wire', () => {
    fc.assert(
      fc.property(fc.uuid(), (text) => {
        const id = parseAccountId(text);
        expect(id).toBe(text);
        if (id !== undefined) expect(accountIdFromBytes(idBytes(id))).toBe(text);
      }),
    );
  });

  it.each([
    '',
    'not an id',
    '9B2C0000-0000-4000-8000-000000000000',
    '9b2c0000-0000-4000-8000-00000000000',
    '9b2c0000-0000-4000-8000-0000000000000',
    '9b2c00000000-4000-8000-000000000000000',
    '\n9b2c0000-0000-4000-8000-000000000000',
    '9b2c0000-0000-4000-8000-000000000000\n',
    7,
    undefined,
    null,
    ['9b2c0000-0000-4000-8000-000000000000'],
  ])('refuses %j', (value) => {
    expect(parseAccountId(value)).toBeUndefined();
  });

  it('takes only 16 bytes', () => {
    for (const length of [0, 1, 15, 17, 32]) expect(accountIdFromBytes(new Uint8Array(length))).toBeUndefined();
    expect(accountIdFromBytes(new Uint8Array(16))).toBe('00000000-0000-0000-0000-000000000000');
  });

  it('takes only version 8 for a device, so that no random id passes as one', () => {
    expect(parseDeviceId('9b2c0000-0000-8000-8000-000000000000')).toBeDefined();
    expect(parseDeviceId('9b2c0000-0000-4000-8000-000000000000')).toBeUndefined();
    expect(parseDeviceId('9b2c0000-0000-8000-c000-000000000000')).toBeUndefined();
    expect(deviceIdFromBytes(new Uint8Array(16))).toBeUndefined();
  });
});

describe('usernames', () => {
  it.each(['bob', 'Alice_99', 'x'.repeat(32)])('takes %s', (name) => {
    expect(parseUsername(name)).toBe(name);
  });

  it.each([
    '',
    'ab',
    'x'.repeat(33),
    '9lives',
    '_x_',
    'алиса',
    'a b',
    'bob\n',
    'bоb' /* a Cyrillic о */,
    'a-b',
    '__proto__',
  ])('refuses %j', (name) => {
    expect(parseUsername(name)).toBeUndefined();
  });

  it('compares without case', () => {
    const name = parseUsername('Alice');
    expect(name === undefined ? undefined : usernameKey(name)).toBe('alice');
  });
});

describe('times', () => {
  it.each([0, 1_700_000_000_000, 8_640_000_000_000_000, 5n])('takes %p', (value) => {
    expect(parseUnixMs(value)).toBe(Number(value));
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 8_640_000_000_000_001, 2n ** 64n - 1n, -1n, '5', null])(
    'refuses %p',
    (value) => {
      expect(parseUnixMs(value)).toBeUndefined();
    },
  );
});
