import { describe, expect, it, jest } from '@jest/globals';
import { aWhile } from '../net/testing/eventually.js';
import { newMessageId } from '../testing/known-values.js';
import { acquainted, people } from '../testing/people.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `text ${from + index}`);

describe('a conversation', () => {
  it('goes both ways, with states that come from the other side', async () => {
    const { alice, bob } = await people('alice', 'bob');
    await alice.meet(bob);
    const first = await alice.says(bob, 'Привет, Боб 👋');
    expect(bob.chat(alice)).toMatchObject({ standing: 'request', unread: 1, username: 'alice' });
    await alice.hasState(bob, 'sent');
    const answer = await bob.says(alice, 'Hello, Alice');
    await until(() => alice.delivery(bob, first) === 'delivered' && bob.delivery(alice, answer) === 'delivered');
    expect(alice.texts(bob)).toEqual(['Привет, Боб 👋', 'Hello, Alice']);
    expect(bob.texts(alice)).toEqual(['Привет, Боб 👋', 'Hello, Alice']);
    bob.messaging.chats.markRead(alice.accountId, first);
    bob.clock.advance(3_000);
    await until(() => alice.delivery(bob, first) === 'read');
    expect(bob.chat(alice)).toMatchObject({ standing: 'accepted', unread: 0 });
  });

  it('waits for a person who is offline, and comes in order', async () => {
    const { alice, bob } = await acquainted();
    bob.connection.cut();
    for (const text of numbered(5)) alice.send(bob, text);
    await alice.hasState(bob, 'sent');
    bob.connection.mend();
    await until(() => bob.received(alice) === 6);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(5));
  });

  it('is written offline, shown as waiting, and goes out in order when the connection is back', async () => {
    const { alice, bob } = await acquainted();
    alice.connection.cut();
    const ids = numbered(5).map((text) => alice.send(bob, text));
    await aWhile();
    expect(ids.map((id) => alice.delivery(bob, id))).toEqual(Array(5).fill('waiting'));
    alice.connection.mend();
    await until(() => bob.received(alice) === 6);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(5));
  });

  it('takes 200 at once, each once and in order, in few commits', async () => {
    const { alice, bob } = await acquainted();
    const before = alice.log.filter((event) => event === 'journey.3.committing').length;
    for (const text of numbered(200)) alice.send(bob, text);
    await until(() => bob.received(alice) === 201);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(200));
    expect(alice.log.filter((event) => event === 'journey.3.committing').length - before).toBeLessThanOrEqual(8);
    await alice.hasState(bob, 'sent').catch(() => alice.hasState(bob, 'delivered'));
    bob.clock.advance(3_000);
    await until(() =>
      alice.messages(bob).every(({ delivery }) => delivery === undefined || delivery.state === 'delivered'),
    );
  });

  it('goes on both sides at once, without loss', async () => {
    const { alice, bob } = await acquainted();
    for (const text of numbered(60)) {
      alice.send(bob, text);
      bob.send(alice, text);
    }
    await until(() => bob.received(alice) === 61 && alice.received(bob) === 61);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(60));
    expect(alice.texts(bob, 'peer').slice(1)).toEqual(numbered(60));
  });

  it('goes on with several people at once', async () => {
    const { alice, bob, carol, dave } = await people('alice', 'bob', 'carol', 'dave');
    const others = [bob, carol, dave];
    for (const other of others) await alice.meet(other);
    for (const text of numbered(20)) for (const other of others) alice.send(other, text);
    await until(() => others.every((other) => other.received(alice) === 20));
    for (const other of others) expect(other.texts(alice)).toEqual(numbered(20));
  });

  it('writes once what is asked for twice under one id', async () => {
    const { alice, bob } = await acquainted();
    const messageId = newMessageId();
    const first = alice.messaging.chats.sendText(bob.accountId, messageId, 'once');
    expect(alice.messaging.chats.sendText(bob.accountId, messageId, 'once')).toEqual(first);
    await until(() => bob.received(alice) === 2);
    expect(alice.messaging.chats.sendText(bob.accountId, messageId, 'again')).toMatchObject({
      messageId,
      body: { text: 'once' },
    });
    await alice.says(bob, 'after');
    expect(bob.texts(alice, 'peer')).toEqual(['hello', 'once', 'after']);
  });

  it('survives a restart of both sides', async () => {
    const { alice, bob } = await acquainted();
    await Promise.all([alice.restart(), bob.restart()]);
    await alice.says(bob, 'one');
    await bob.says(alice, 'two');
    await bob.restart();
    await alice.says(bob, 'three');
    expect(bob.texts(alice)).toEqual(['hello', 'hello yourself', 'one', 'two', 'three']);
    expect(alice.texts(bob)).toEqual(bob.texts(alice));
  });

  it('tells each arrival once, and the chat as it is then', async () => {
    const { alice, bob } = await acquainted();
    bob.events.length = 0;
    const messageId = await alice.says(bob, 'news');
    const arrivals = bob.events.flatMap((event) => (event.type === 'messages' ? event.arrived : []));
    expect(arrivals).toEqual([messageId]);
    expect(bob.events.find(({ type }) => type === 'chat')).toMatchObject({
      chat: { chatId: alice.accountId, unread: 2, lastMessage: { messageId } },
    });
  });
});

describe('the order of a chat', () => {
  it('puts an answer after what it answers, however wrong the clocks are', async () => {
    const { alice, bob } = await acquainted();
    alice.clock.sleep(3_600_000);
    bob.clock.sleep(-7_200_000);
    await Promise.all([alice.restart(), bob.restart()]);
    await alice.says(bob, 'question');
    await bob.says(alice, 'answer');
    await alice.says(bob, 'and on');
    expect(bob.texts(alice).slice(2)).toEqual(['question', 'answer', 'and on']);
    expect(alice.texts(bob).slice(2)).toEqual(['question', 'answer', 'and on']);
  });

  it('lets nobody put a message past what comes later by a sent time in the future', async () => {
    const { alice, bob } = await acquainted();
    // The clock jumps after the server's time was last heard.
    alice.clock.sleep(3_600_000);
    await alice.says(bob, 'from the future');
    await bob.says(alice, 'answer');
    expect(bob.texts(alice).slice(2)).toEqual(['from the future', 'answer']);
    // Shown is what the sender said; ordered it is by the time of the server.
    const shown = bob.messages(alice).find(({ body }) => body.kind === 'text' && body.text === 'from the future');
    expect(shown?.sentAt).toBeGreaterThan(bob.clock.now() + 3_000_000);
  });

  it('puts a late arrival in its place', async () => {
    const { alice, bob } = await acquainted();
    alice.connection.cut();
    alice.send(bob, 'written first');
    bob.clock.advance(60_000);
    alice.clock.advance(60_000);
    bob.send(alice, 'written second');
    await bob.hasState(alice, 'sent');
    alice.connection.mend();
    await until(() => bob.texts(alice, 'peer').includes('written first'));
    expect(bob.texts(alice).slice(-2)).toEqual(['written first', 'written second']);
    await until(() => alice.texts(bob, 'peer').includes('written second'));
    expect(alice.texts(bob).slice(-2)).toEqual(['written first', 'written second']);
  });
});
