import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccountId } from '@sotto/protocol/ids';
import type { NewMessage, Place, StoredMessage } from '../chats/message.js';
import { at, named, newAccountId, newMessageId } from '../testing/known-values.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { ChatRepository } from './chat-repository.js';
import { MessageRepository } from './message-repository.js';

const self = newAccountId();

const openChat = () => {
  const database = temporaryDatabase();
  const chats = new ChatRepository(database);
  const chatId = newAccountId();
  chats.add({ chatId, username: named('alice'), standing: 'accepted', createdAt: at(1) });
  return { database, chats, chatId, messages: new MessageRepository(database) };
};

const received = (chatId: AccountId, place: Partial<Place>, text = 'x'): NewMessage => ({
  chatId,
  sender: chatId,
  own: false,
  body: { kind: 'text', text },
  sentAt: place.orderedAt ?? at(0),
  place: { orderedAt: at(0), sequence: 0, messageId: newMessageId(), ...place },
});
const written = (chatId: AccountId, place: Partial<Place>): NewMessage => ({
  ...received(chatId, place),
  sender: self,
  own: true,
});

const pageThrough = (messages: MessageRepository, chatId: AccountId, limit: number): StoredMessage[] => {
  const seen: StoredMessage[] = [];
  for (;;) {
    const page = messages.page(chatId, seen.at(-1)?.place, limit);
    if (page.length === 0) return seen;
    seen.push(...page);
  }
};

describe('messages', () => {
  it('come back as they were written', () => {
    const { messages, chatId } = openChat();
    const text = 'Привет 👋 \u0000 {"type":"file"}';
    const stored = messages.insert({ ...received(chatId, { orderedAt: at(5) }), body: { kind: 'text', text } });
    expect(stored).toMatchObject({ body: { kind: 'text', text }, state: 'unread', own: false });
    const encoded = new Uint8Array([1, 2, 3]);
    const unknown = messages.insert({ ...received(chatId, {}), body: { kind: 'unknown', encoded } });
    expect(unknown?.body).toEqual({ kind: 'unknown', encoded });
    expect(messages.unknown().map((message) => message.row)).toEqual([unknown?.row]);
    messages.reveal(unknown?.row ?? 0, 'now a text');
    expect(messages.get(unknown?.row ?? 0).body).toEqual({ kind: 'text', text: 'now a text' });
    expect(messages.unknown()).toEqual([]);
  });

  it('are written once per sender and id; the first one stays', () => {
    const { messages, chatId } = openChat();
    const messageId = newMessageId();
    expect(messages.insert(received(chatId, { messageId }, 'first'))).toBeDefined();
    expect(messages.insert(received(chatId, { messageId }, 'second'))).toBeUndefined();
    expect(messages.find(messageId, chatId)?.body).toEqual({ kind: 'text', text: 'first' });
    expect(messages.find(messageId, self)).toBeUndefined();
  });

  it('come in pages without gaps or doubles, whatever their times are and whatever arrives meanwhile', () => {
    const { database, messages, chats, chatId } = openChat();
    const other = newAccountId();
    chats.add({ chatId: other, username: named('bob'), standing: 'accepted', createdAt: at(1) });
    const place = fc.record({
      orderedAt: fc.integer({ min: 0, max: 3 }).map(at),
      sequence: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (places, limit) => {
        database.run('DELETE FROM message');
        for (const one of places) {
          messages.insert(received(chatId, one));
          messages.insert(received(other, one));
        }
        const all = pageThrough(messages, chatId, limit);
        expect(new Set(all.map((message) => message.row)).size).toBe(places.length);
        const keys = all.map(({ place: { orderedAt, sequence, messageId } }) =>
          [orderedAt, sequence, messageId].join(' '),
        );
        expect(keys).toEqual([...keys].sort().reverse());
        // A late arrival far back is found by paging on, and moves nothing that was already shown.
        const first = messages.page(chatId, undefined, limit);
        messages.insert(received(chatId, { orderedAt: at(4) }));
        expect(messages.page(chatId, first.at(-1)?.place, 100)).toEqual(all.slice(first.length));
      }),
      { numRuns: 50 },
    );
  });

  it('use the index of places', () => {
    const { database, chatId, messages } = openChat();
    messages.insert(received(chatId, {}));
    const plan = database.all(
      `EXPLAIN QUERY PLAN SELECT * FROM message WHERE chat_id = x'00'
       AND (ordered_at, sequence, message_id) < (1, 1, x'00')
       ORDER BY ordered_at DESC, sequence DESC, message_id DESC LIMIT 50`,
    );
    expect(plan.map((row) => row['detail'])).toEqual([
      'SEARCH message USING INDEX message_place (chat_id=? AND (ordered_at,sequence,message_id)<(?,?,?))',
    ]);
  });

  it('move forward only', () => {
    const { messages, chatId } = openChat();
    const message = messages.insert(written(chatId, {}));
    if (message === undefined) throw new Error('not written');
    const { row, place } = message;
    const state = () => messages.get(row).state;
    expect(state()).toBe('waiting');
    expect(messages.advance(chatId, place.messageId, 'delivered')).toBe(row);
    expect(messages.markSent([row])).toEqual([]);
    expect(messages.markFailed(row, 'refused')).toBe(false);
    expect(messages.advance(chatId, place.messageId, 'read')).toBe(row);
    expect(messages.advance(chatId, place.messageId, 'delivered')).toBeUndefined();
    expect(messages.advance(chatId, place.messageId, 'read')).toBeUndefined();
    expect(state()).toBe('read');
  });

  it('that failed carry the reason until they are tried again', () => {
    const { messages, chatId } = openChat();
    const row = messages.insert(written(chatId, {}))?.row ?? 0;
    expect(messages.markFailed(row, 'recipientGone')).toBe(true);
    expect(messages.get(row)).toMatchObject({ state: 'failed', failure: 'recipientGone' });
    messages.markWaiting(row);
    expect(messages.get(row)).not.toHaveProperty('failure');
    expect(messages.markSent([row])).toEqual([row]);
    expect(messages.get(row).state).toBe('sent');
  });

  it('are touched only by receipts of the chat that they are in', () => {
    const { messages, chats, chatId } = openChat();
    const other = newAccountId();
    chats.add({ chatId: other, username: named('mallory'), standing: 'accepted', createdAt: at(1) });
    const own = messages.insert(written(chatId, {}));
    const theirs = messages.insert(received(chatId, {}));
    if (own === undefined || theirs === undefined) throw new Error('not written');
    expect(messages.advance(other, own.place.messageId, 'read')).toBeUndefined();
    expect(messages.advance(chatId, theirs.place.messageId, 'read')).toBeUndefined();
    expect(messages.get(own.row).state).toBe('waiting');
    expect(messages.get(theirs.row).state).toBe('unread');
  });

  it('are counted and summed up with their chat', () => {
    const { messages, chats, chatId } = openChat();
    const rows = [at(30), at(10), at(20)].map((orderedAt) => messages.insert(received(chatId, { orderedAt })));
    messages.insert(written(chatId, { orderedAt: at(25) }));
    chats.summarise(chatId);
    expect(chats.find(chatId)).toMatchObject({ unread: 3, lastMessage: rows[0]?.row, activeAt: 30 });
    const upTo = rows[2]?.place;
    if (upTo === undefined) throw new Error('not written');
    expect(new Set(messages.markSeen(chatId, upTo))).toEqual(new Set([rows[1]?.row, rows[2]?.row]));
    expect(messages.markSeen(chatId, upTo)).toEqual([]);
    chats.summarise(chatId);
    expect(chats.find(chatId)).toMatchObject({ unread: 1 });
  });
});
