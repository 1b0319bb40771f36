import { describe, expect, it } from '@jest/globals';
import type { CoreEvent } from '@sotto/client/bridge';
import { ChatRepository } from '../storage/chat-repository.js';
import { MessageRepository } from '../storage/message-repository.js';
import { at, named, newAccountId, newMessageId } from '../testing/known-values.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { ChangeFeed } from './change-feed.js';

const open = () => {
  const database = temporaryDatabase();
  const chats = new ChatRepository(database);
  const messages = new MessageRepository(database);
  const events: CoreEvent[] = [];
  const feed = new ChangeFeed({ database, chats, messages, emit: (event) => events.push(event) });
  const chatId = newAccountId();
  chats.add({ chatId, username: named('alice'), standing: 'accepted', createdAt: at(1) });
  const write = (text: string): number => {
    const body = { kind: 'text', text } as const;
    const place = { orderedAt: at(1), sequence: 1, messageId: newMessageId() };
    const stored = messages.insert({ chatId, sender: chatId, own: false, body, sentAt: at(1), place });
    if (stored === undefined) throw new Error('not written');
    chats.summarise(chatId);
    return stored.row;
  };
  return { database, feed, events, chatId, write };
};

describe('the change feed', () => {
  it('tells after the commit, everything of one transaction together', () => {
    const { database, feed, events, chatId, write } = open();
    database.atomically(() => {
      const seen = write('seen before');
      feed.note(chatId, [seen]);
      database.atomically(() => feed.note(chatId, [], [write('new')]));
      expect(events).toEqual([]);
    });
    expect(events.map(({ type }) => type)).toEqual(['messages', 'chat']);
    const [first] = events;
    if (first?.type !== 'messages') throw new Error('no messages');
    expect(first.messages.map(({ body }) => body)).toEqual([
      { kind: 'text', text: 'seen before' },
      { kind: 'text', text: 'new' },
    ]);
    expect(first.arrived).toEqual([first.messages[1]?.messageId]);
  });

  it('tells nothing of what was rolled back, and everything of what comes next', () => {
    const { database, feed, events, chatId, write } = open();
    expect(() =>
      database.atomically(() => {
        feed.note(chatId, [], [write('never')]);
        throw new Error('rolled back');
      }),
    ).toThrow('rolled back');
    expect(events).toEqual([]);
    database.atomically(() => feed.note(chatId, [], [write('kept')]));
    expect(events).toHaveLength(2);
    expect(JSON.stringify(events)).not.toContain('never');
  });

  it('cuts many messages into events that fit through a bridge', () => {
    const { database, feed, events, chatId, write } = open();
    database.atomically(() => {
      // The longest text, and of all characters those that JSON makes longest.
      for (let count = 0; count < 45; count += 1) feed.note(chatId, [], [write('\u0001'.repeat(5_000))]);
    });
    const messages = events.filter(({ type }) => type === 'messages');
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.flatMap((event) => (event.type === 'messages' ? event.arrived : []))).toHaveLength(45);
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(1_000_000);
  });

  it('refuses to be told outside of a transaction, where it could tell too early', () => {
    const { feed, chatId } = open();
    expect(() => feed.note(chatId)).toThrow('outside of a transaction');
  });
});
