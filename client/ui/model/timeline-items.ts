import type { MessageView } from '@sotto/client/bridge';
import { dayNumber } from '../i18n/times.js';
import type { MessageId } from './timeline.js';

/** A message in its group: the same author and day, gaps of at most five minutes. */
export interface MessageItem {
  readonly message: MessageView;
  readonly first: boolean;
  readonly last: boolean;
  /** The line above which everything has been read stands right before this message. */
  readonly unreadLine: boolean;
}

export interface DayItems {
  /** Unique in a list, and the same when older messages come before it. */
  readonly key: string;
  /** The time of the day's first message shown. */
  readonly at: number;
  readonly items: readonly MessageItem[];
}

const GROUP_GAP_MS = 5 * 60_000;

const sameGroup = (one: MessageView | undefined, other: MessageView | undefined): boolean => {
  if (one === undefined || one.author !== other?.author) return false;
  const sameDay = dayNumber(one.sentAt) === dayNumber(other.sentAt);
  return sameDay && Math.abs(other.sentAt - one.sentAt) <= GROUP_GAP_MS;
};

/** Arranges messages (oldest first) by days and groups. `unreadFrom` is the first message that was unread on arrival. */
export const arrangeByDay = (
  messages: readonly MessageView[],
  unreadFrom: MessageId | undefined,
): readonly DayItems[] => {
  const days: { key: string; day: number; at: number; items: MessageItem[] }[] = [];
  messages.forEach((message, index) => {
    const startsUnread = message.messageId === unreadFrom;
    const nextStartsUnread = messages[index + 1]?.messageId === unreadFrom;
    const item = {
      message,
      first: startsUnread || !sameGroup(messages[index - 1], message),
      last: nextStartsUnread || !sameGroup(message, messages[index + 1]),
      unreadLine: startsUnread,
    };
    const day = dayNumber(message.sentAt);
    const current = days.at(-1);
    if (current?.day === day) current.items.push(item);
    else {
      // A clock that was set wrong may bring a day twice.
      const again = days.filter((earlier) => earlier.day === day).length;
      days.push({ key: `${day}.${again}`, day, at: message.sentAt, items: [item] });
    }
  });
  return days;
};

/** The first of the last `unread` messages of the peer; `undefined` where there are none or they are not all loaded. */
export const firstUnread = (messages: readonly MessageView[], unread: number): MessageId | undefined => {
  let left = unread;
  for (let index = messages.length - 1; index >= 0 && left > 0; index -= 1) {
    const message = messages[index];
    if (message?.author !== 'peer') continue;
    left -= 1;
    if (left === 0) return message.messageId;
  }
  return undefined;
};
