import { describe, expect, it } from '@jest/globals';
import { at, newMessageId } from '../testing/known-values.js';
import { encodeCursor, parseCursor } from './cursor.js';

describe('a cursor', () => {
  it('comes back as the place that it was made of', () => {
    const place = { orderedAt: at(1_800_000_000_000), sequence: Number.MAX_SAFE_INTEGER, messageId: newMessageId() };
    const cursor = encodeCursor(place);
    expect(cursor.length).toBeLessThanOrEqual(120);
    expect(parseCursor(cursor)).toEqual(place);
  });

  it.each([
    '',
    '1.2',
    '1.2.not-an-id',
    `-1.2.${newMessageId()}`,
    `1.5.2.${newMessageId()}`,
    `9999999999999999.2.${newMessageId()}`,
    `1.9999999999999999.${newMessageId()}`,
    `1.2.${newMessageId()} `,
  ])('is refused where it is none: %j', (cursor) => {
    expect(parseCursor(cursor)).toBeUndefined();
  });
});
