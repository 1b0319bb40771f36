import { describe, expect, it, jest } from '@jest/globals';
import { TestPerson } from '../devices/testing/test-person.js';
import { FakeServer } from '../testing/fake-server.js';
import { named, newMessageId } from '../testing/known-values.js';
import { stoppedAfterwards } from '../testing/people.js';
import { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

/** Anna with two devices, and Bob; everybody knows everybody. */
const cast = async () => {
  const server = new FakeServer();
  const person = new TestPerson();
  const bob = stoppedAfterwards(await TestClient.register(server, 'bob'));
  const anna = stoppedAfterwards(await TestClient.register(server, 'anna', person.first));
  const list = person.next(person.genesis, [person.first, person.second]);
  const second = stoppedAfterwards(await TestClient.link(anna, person.second, list));
  await anna.devices.refresh(anna.accountId);
  return { server, person, bob, anna, second };
};

const talking = async () => {
  const parts = await cast();
  const { bob, anna, second } = parts;
  await bob.meet(anna);
  await bob.says(anna, 'hello');
  await until(() => second.received(bob) === 1);
  return parts;
};

/** Receipts leave together, every three seconds. */
const withTime = (clients: readonly TestClient[], look: () => boolean) =>
  until(() => {
    for (const { clock } of clients) clock.advance(3_000);
    return look();
  });

const states = (client: TestClient, other: TestClient) =>
  client.messages(other).map(({ author, delivery }) => `${author} ${delivery?.state ?? ''}`.trim());

describe('two devices of one person', () => {
  it('show what either has sent, and how far it has come', async () => {
    const { bob, anna, second } = await talking();
    await anna.says(bob, 'from the first');
    await until(() => second.texts(bob).length === 2);
    await second.says(bob, 'from the second');
    await until(() => anna.texts(bob).length === 3);
    expect(anna.texts(bob)).toEqual(['hello', 'from the first', 'from the second']);
    expect(second.texts(bob)).toEqual(anna.texts(bob));
    const all = [anna, bob, second];
    await withTime(all, () => states(anna, bob).join() === 'peer,self delivered,self delivered');
    await withTime(all, () => states(second, bob).join() === 'peer,self delivered,self delivered');
    const last = bob.messages(anna).at(-1);
    if (last === undefined) throw new Error('nothing there');
    bob.messaging.chats.markRead(anna.accountId, last.messageId);
    await withTime(all, () => states(anna, bob).join() === 'peer,self read,self read');
    await withTime(all, () => states(second, bob).join() === 'peer,self read,self read');
  });

  it('open a chat on both that was begun on one', async () => {
    const { bob, anna, second } = await cast();
    await second.meet(bob);
    await until(() => anna.chat(bob)?.standing === 'accepted');
    await second.says(bob, 'hello');
    await until(() => anna.texts(bob).join() === 'hello');
  });

  it('count as read on both what was read on one, and only one says so', async () => {
    const { bob, anna, second } = await talking();
    anna.messaging.chats.accept(bob.accountId);
    await until(() => second.chat(bob)?.standing === 'accepted');
    const [message] = second.messages(bob);
    if (message === undefined) throw new Error('nothing there');
    second.messaging.chats.markRead(bob.accountId, message.messageId);
    await until(() => anna.chat(bob)?.unread === 0);
    await withTime([anna, second], () => states(bob, anna).join() === 'self read');
    expect(anna.database.all("SELECT * FROM receipt_due WHERE state = 'read'")).toEqual([]);
  });

  it('keep what was told to each other while one was away, in order, over crashes', async () => {
    const { bob, anna, second } = await talking();
    second.connection.cut();
    for (const text of ['one', 'two', 'three']) await anna.says(bob, text);
    const back = anna.crash();
    await back();
    await anna.says(bob, 'four');
    second.connection.mend();
    await until(() => second.texts(bob).length === 5);
    expect(second.texts(bob)).toEqual(['hello', 'one', 'two', 'three', 'four']);
    await second.restart();
    expect(second.texts(bob)).toEqual(anna.texts(bob));
  });

  it('delete on both, also what arrives after it was deleted', async () => {
    const { bob, anna, second } = await talking();
    second.connection.cut();
    await bob.says(anna, 'to be deleted');
    const doomed = anna.messages(bob).at(-1);
    if (doomed === undefined) throw new Error('nothing there');
    anna.messaging.chats.remove(bob.accountId, [doomed.messageId, newMessageId()]);
    expect(anna.texts(bob)).toEqual(['hello']);
    expect(anna.events).toContainEqual({
      type: 'removed',
      chatId: bob.accountId,
      messageIds: [doomed.messageId],
    });
    second.connection.mend();
    await until(() => second.database.get("SELECT 1 FROM foreseen_message WHERE state = 'deleted'") !== undefined);
    expect(second.texts(bob)).toEqual(['hello']);
    expect(second.chat(bob)?.lastMessage?.body).toEqual({ kind: 'text', text: 'hello' });
    await bob.says(anna, 'later');
    await until(() => second.texts(bob).join() === 'hello,later');
  });

  it('leave an empty chat in its place when its last message is deleted', async () => {
    const { bob, anna } = await talking();
    const [only] = anna.messages(bob);
    if (only === undefined) throw new Error('nothing there');
    anna.messaging.chats.remove(bob.accountId, [only.messageId]);
    expect(anna.chat(bob)).toMatchObject({ unread: 0 });
    expect(anna.chat(bob)?.lastMessage).toBeUndefined();
  });

  it('share drafts, the later one standing', async () => {
    const { bob, anna, second } = await talking();
    anna.messaging.chats.saveDraft(bob.accountId, 'half a');
    anna.messaging.chats.saveDraft(bob.accountId, 'half a thought');
    anna.clock.advance(3_000);
    await until(() => second.chat(bob)?.draft === 'half a thought');
    second.messaging.chats.saveDraft(bob.accountId, '');
    await until(() => anna.chat(bob)?.draft === '');
  });

  it('share whether receipts say read', async () => {
    const { bob, anna, second } = await talking();
    anna.messaging.chats.accept(bob.accountId);
    expect(anna.messaging.settings.set({ readReceipts: false })).toEqual({ readReceipts: false });
    await until(() => !second.messaging.settings.values.readReceipts);
    await until(() => second.chat(bob)?.standing === 'accepted');
    const [message] = second.messages(bob);
    if (message === undefined) throw new Error('nothing there');
    second.messaging.chats.markRead(bob.accountId, message.messageId);
    await until(() => anna.chat(bob)?.unread === 0);
    await withTime([anna, second], () => states(bob, anna).join() === 'self delivered');
    second.messaging.settings.set({ readReceipts: true });
    await until(() => anna.messaging.settings.values.readReceipts);
  });

  it('both drop what a blocked person sends, and take it again afterwards', async () => {
    const { bob, anna, second } = await talking();
    expect(anna.messaging.chats.setBlocked(bob.accountId, true).blocked).toBe(true);
    await until(() => second.chat(bob)?.blocked === true);
    bob.send(anna, 'nobody hears this');
    await bob.hasState(anna, 'sent');
    await until(() => second.database.get('SELECT 1 FROM inbox') === undefined);
    second.messaging.chats.setBlocked(bob.accountId, false);
    await until(() => anna.chat(bob)?.blocked === false);
    await bob.says(anna, 'this again');
    await until(() => second.texts(bob).at(-1) === 'this again');
    expect(anna.texts(bob)).toEqual(['hello', 'this again']);
    expect(second.texts(bob)).toEqual(['hello', 'this again']);
  });

  it('take keys and hints from each other', async () => {
    const { anna, second } = await cast();
    const rotation = {
      kind: 'accountKeys',
      storageRecordVersion: 2,
      storageKey: new Uint8Array(32).fill(1),
      profileKey: new Uint8Array(32).fill(2),
    } as const;
    anna.database.atomically(() => {
      anna.messaging.announcer.tell(rotation);
      anna.messaging.announcer.tell({ kind: 'storageRecord', version: 3 });
    });
    await until(() => second.recordVersions.length === 1);
    expect([second.rotations, second.recordVersions]).toEqual([[rotation], [3]]);
  });
});

describe('a device that is alone', () => {
  it('tells nobody, and keeps nothing to tell', async () => {
    const server = new FakeServer();
    const bob = stoppedAfterwards(await TestClient.register(server, 'bob'));
    const carol = stoppedAfterwards(await TestClient.register(server, named('carol')));
    await bob.meet(carol);
    await bob.says(carol, 'hello');
    bob.messaging.settings.set({ readReceipts: false });
    expect(bob.database.all('SELECT * FROM outbox_job WHERE sync IS NOT NULL')).toEqual([]);
  });
});
