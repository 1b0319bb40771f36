import { describe, expect, it } from '@jest/globals';
import { parseMessageId, parseUnixMs } from '@sotto/protocol/ids';
import { encodeCursor } from '../core/chats/cursor.js';
import { compareCursors } from './index.js';

const cursor = (orderedAt: number, sequence: number, id: string): string =>
  encodeCursor({
    orderedAt: parseUnixMs(orderedAt)!,
    sequence,
    messageId: parseMessageId(`${id}-0000-4000-8000-000000000000`)!,
  });

describe('compareCursors', () => {
  /** In the order in which the core lists them. */
  const places = [
    cursor(9, 2, '00000000'),
    cursor(10, 1, '00000000'),
    cursor(10, 2, '00000000'),
    cursor(10, 10, '00000000'),
    cursor(10, 10, '0000000a'),
    // Both read as numbers with an exponent; as ids the first is smaller.
    cursor(10, 10, '1e000009'),
    cursor(10, 10, '2e000001'),
    cursor(100, 1, '00000000'),
  ];

  it('orders as the core does, however the fields are written', () => {
    expect([...places].reverse().sort(compareCursors)).toEqual(places);
  });

  it('finds a cursor equal to itself alone', () => {
    for (const one of places) for (const other of places) expect(compareCursors(one, other) === 0).toBe(one === other);
  });
});
