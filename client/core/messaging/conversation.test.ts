import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../net/testing/eventually.js';
import { FakeServer } from '../testing/fake-server.js';
import { newMessageId } from '../testing/known-values.js';
import { TestClient } from '../testing/test-client.js';

const running: TestClient[] = [];
const people = async (...names: string[]): Promise<TestClient[]> => {
  const server = new FakeServer();
  const clients = await Promise.all(names.map((name) => TestClient.register(server, name)));
  running.push(...clients);
  return clients;
};
const two = async (): Promise<[TestClient, TestClient]> => {
  const [alice, bob] = await people('alice', 'bob');
  if (alice === undefined || bob === undefined) throw new Error('bad test data');
  await alice.meet(bob);
  return [alice, bob];
};

afterEach(async () => {
  await Promise.all(running.splice(0).map((client) => client.stop()));
});

describe('two people', () => {
  it('write to each other both ways', async () => {
    const [alice, bob] = await two();
    const first = alice.send(bob, 'Привет, Боб 👋');
    await eventually(() => bob.texts(alice).length === 1);
    expect(bob.chat(alice)).toMatchObject({ standing: 'request', unread: 1, username: 'alice' });
    expect(alice.delivery(bob, first)).toBe('sent');
    const answer = bob.send(alice, 'Hello, Alice');
    await eventually(() => alice.texts(bob).length === 2);
    await eventually(() => alice.delivery(bob, first) === 'delivered' && bob.delivery(alice, answer) === 'delivered');
    expect(alice.texts(bob)).toEqual(['Привет, Боб 👋', 'Hello, Alice']);
    expect(bob.texts(alice)).toEqual(['Привет, Боб 👋', 'Hello, Alice']);
    expect(bob.chat(alice)).toMatchObject({ standing: 'accepted' });
    bob.messaging.chats.markRead(alice.accountId, first);
    bob.clock.advance(3_000);
    await eventually(() => alice.delivery(bob, first) === 'read');
    expect(bob.chat(alice)).toMatchObject({ unread: 0 });
    expect(newMessageId()).not.toBe(first);
  });
});
