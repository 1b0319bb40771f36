import { describe, expect, it } from '@jest/globals';
import { MessageIdValue, type MessageView } from '@sotto/client/bridge';
import { idOf } from '../testing/fake-core.js';
import { arrangeByDay, firstUnread } from './timeline-items.js';

const at = (day: number, hour: number, minute = 0): number => new Date(2026, 2, day, hour, minute).getTime();
let next = 1;
const message = (author: MessageView['author'], sentAt: number): MessageView => ({
  messageId: MessageIdValue.parse(idOf(next++)),
  chatId: idOf(0) as never,
  author,
  body: { kind: 'text', text: 'x' },
  sentAt: sentAt as never,
  cursor: '',
});

/** A letter for each message: F first of its group, L last, S single, M in the middle. */
const shape = (messages: readonly MessageView[], unreadFrom?: MessageView): string =>
  arrangeByDay(messages, unreadFrom?.messageId)
    .map((day) =>
      day.items
        .map(({ first, last, unreadLine }) => (unreadLine ? '|' : '') + (first ? (last ? 'S' : 'F') : last ? 'L' : 'M'))
        .join(''),
    )
    .join(' ');

describe('arrangeByDay', () => {
  it('groups one author within five minutes', () => {
    expect(shape([message('peer', at(1, 9, 0)), message('peer', at(1, 9, 5)), message('peer', at(1, 9, 8))])).toBe(
      'FML',
    );
    expect(shape([message('peer', at(1, 9, 0)), message('peer', at(1, 9, 6))])).toBe('SS');
    expect(shape([message('peer', at(1, 9)), message('self', at(1, 9)), message('self', at(1, 9))])).toBe('SFL');
  });

  it('parts days at local midnight, groups too', () => {
    const days = arrangeByDay([message('peer', at(1, 23, 59)), message('peer', at(2, 0, 1))], undefined);
    expect(days.map((day) => day.items.length)).toEqual([1, 1]);
    expect(shape([message('peer', at(1, 23, 59)), message('peer', at(2, 0, 1))])).toBe('S S');
  });

  it('draws the unread line between messages, and parts the group there', () => {
    const messages = [message('peer', at(1, 9)), message('peer', at(1, 9, 1)), message('peer', at(1, 9, 2))];
    expect(shape(messages, messages[1])).toBe('S|FL');
  });

  it('gives every section a key of its own, also where a wrong clock brings a day twice', () => {
    const messages = [message('peer', at(1, 9)), message('self', at(2, 9)), message('peer', at(1, 10))];
    const keys = arrangeByDay(messages, undefined).map((day) => day.key);
    expect(new Set(keys).size).toBe(3);
    // The same when older messages of the first day come before it.
    expect(arrangeByDay([message('peer', at(1, 8)), ...messages], undefined).map((day) => day.key)).toEqual(keys);
  });
});

describe('firstUnread', () => {
  const messages = [message('peer', 1), message('peer', 2), message('self', 3), message('peer', 4)];

  it('counts back over the messages of the peer alone', () => {
    expect(firstUnread(messages, 1)).toBe(messages[3]?.messageId);
    expect(firstUnread(messages, 2)).toBe(messages[1]?.messageId);
    expect(firstUnread(messages, 3)).toBe(messages[0]?.messageId);
  });

  it('says nothing where nothing is unread, or it lies further back than what is loaded', () => {
    expect(firstUnread(messages, 0)).toBeUndefined();
    expect(firstUnread(messages, 4)).toBeUndefined();
  });
});
