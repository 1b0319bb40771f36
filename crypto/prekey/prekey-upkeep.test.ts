import { describe, expect, it } from '@jest/globals';
import { preKeyId, START, unixMs } from '../testing/test-party.js';
import { expiredPreKeys, isRotationDue, preKeyIdsAfter, refillCount, type DatedPreKey } from './prekey-upkeep.js';

const DAY_MS = 86_400_000;
const daysAgo = (days: number, id = 1): DatedPreKey => ({ id: preKeyId(id), createdAt: unixMs(START - days * DAY_MS) });

describe('prekey ids', () => {
  it('count up from 1', () => {
    expect(preKeyIdsAfter(undefined, 3)).toEqual([1, 2, 3]);
    expect(preKeyIdsAfter(preKeyId(3), 2)).toEqual([4, 5]);
    expect(preKeyIdsAfter(preKeyId(3), 0)).toEqual([]);
  });

  it('begin again after the highest of 24 bits', () => {
    expect(preKeyIdsAfter(preKeyId(0xfffffe), 3)).toEqual([0xffffff, 1, 2]);
    expect(preKeyIdsAfter(preKeyId(0xffffff), 1)).toEqual([1]);
  });
});

describe('rotation', () => {
  it.each([
    ['there is no key yet', undefined, true],
    ['the key is new', daysAgo(0), false],
    ['it is almost two days old', { ...daysAgo(2), createdAt: unixMs(START - 2 * DAY_MS + 1) }, false],
    ['it is two days old', daysAgo(2), true],
    ['it is from the future: the clock was wrong', daysAgo(-1), true],
  ])('%s', (_, newest, due) => {
    expect(isRotationDue(newest, START)).toBe(due);
  });
});

describe('refill', () => {
  it.each([
    [0, 100],
    [9, 91],
    [10, 0],
    [100, 0],
    [250, 0],
  ])('a stock of %d gets %d more', (stock, more) => {
    expect(refillCount(stock)).toBe(more);
  });
});

describe('replaced keys', () => {
  it('stay for 30 days after they were replaced, however old they are', () => {
    const keys = [daysAgo(400, 1), daysAgo(31, 2), daysAgo(30, 3), daysAgo(29, 4), daysAgo(1, 5)];
    // 1 was replaced 31 days ago, 2 30 days ago, 3 29 days ago.
    expect(expiredPreKeys(keys, START)).toEqual([1, 2]);
  });

  it('never include the newest', () => {
    expect(expiredPreKeys([daysAgo(400)], START)).toEqual([]);
    expect(expiredPreKeys([], START)).toEqual([]);
  });

  it('are found in any order, and none is changed', () => {
    const keys = [daysAgo(1, 3), daysAgo(90, 1), daysAgo(60, 2)];
    expect(expiredPreKeys(keys, START)).toEqual([1]);
    expect(keys.map(({ id }) => id)).toEqual([3, 1, 2]);
  });
});
