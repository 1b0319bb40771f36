import { describe, expect, it, jest } from '@jest/globals';
import { BridgeError } from '@sotto/client/bridge';
import { aWhile } from '../net/testing/eventually.js';
import { newAccountId, newMessageId } from '../testing/known-values.js';
import { acquainted, people } from '../testing/people.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return error instanceof BridgeError ? error.failure.code : String(error);
  }
};

describe('starting a chat', () => {
  it('finds a person by their exact name, in any case, and makes one chat', async () => {
    const { alice, Bob: bob } = await people('alice', 'Bob');
    const { chats } = alice.messaging;
    const first = await chats.start(' @bOB ');
    expect(first).toMatchObject({
      chatId: bob.accountId,
      username: 'Bob',
      standing: 'accepted',
      unread: 0,
      draft: '',
    });
    expect(first.lastMessage).toBeUndefined();
    expect(await chats.start('bob')).toEqual(first);
    expect(chats.list()).toEqual([first]);
  });

  it('says what is wrong', async () => {
    const { alice, server } = await people('alice');
    const { chats } = alice.messaging;
    expect(await codeOf(() => chats.start('nobody'))).toBe('personNotFound');
    expect(await codeOf(() => chats.start('ALICE'))).toBe('personIsSelf');
    expect(await codeOf(() => chats.start('no such name'))).toBe('usernameInvalid');
    server.refuseCall = () => ({ outcome: 'refused', code: 'rateLimited', retryAfterMs: 7 });
    expect(await codeOf(() => chats.start('bob'))).toBe('rateLimited');
    server.refuseCall = () => ({ outcome: 'refused', code: 'unauthorized', retryAfterMs: 0 });
    expect(await codeOf(() => chats.start('bob'))).toBe('signedOut');
    alice.connection.cut();
    expect(await codeOf(() => chats.start('bob'))).toBe('serverAway');
    expect(chats.list()).toEqual([]);
  });

  it('does not believe a server that answers about somebody else', async () => {
    const { alice, bob, server } = await people('alice', 'bob');
    const answer = (username: string, accountId: string) => {
      server.refuseCall = (route) =>
        route === 'findAccount' ? { outcome: 'ok', value: { username, accountId } as never } : undefined;
    };
    answer('mallory', bob.accountId);
    expect(await codeOf(() => alice.messaging.chats.start('bob'))).toBe('notASottoServer');
    answer('bob', alice.accountId);
    expect(await codeOf(() => alice.messaging.chats.start('bob'))).toBe('personIsSelf');
    expect(alice.messaging.chats.list()).toEqual([]);
  });
});

describe('a chat', () => {
  it('that is not there is said to be missing, whatever is asked of it', async () => {
    const { alice } = await people('alice');
    const { chats } = alice.messaging;
    const chatId = newAccountId();
    expect(await codeOf(() => chats.accept(chatId))).toBe('chatNotFound');
    expect(await codeOf(() => chats.saveDraft(chatId, 'x'))).toBe('chatNotFound');
    expect(await codeOf(() => chats.page({ chatId, limit: 10 }))).toBe('chatNotFound');
    expect(await codeOf(() => chats.sendText(chatId, newMessageId(), 'x'))).toBe('chatNotFound');
    expect(await codeOf(() => chats.markRead(chatId, newMessageId()))).toBe('chatNotFound');
    expect(await codeOf(() => chats.retry(newMessageId()))).toBe('messageNotFound');
  });

  it('keeps its draft across a restart, and gives it up with the message that it became', async () => {
    const { alice, bob } = await acquainted();
    const { chats } = alice.messaging;
    chats.saveDraft(bob.accountId, 'half a thou');
    await alice.restart();
    expect(alice.chat(bob)?.draft).toBe('half a thou');
    await alice.says(bob, 'something else');
    expect(alice.chat(bob)?.draft).toBe('half a thou');
    alice.messaging.chats.saveDraft(bob.accountId, 'half a thought ');
    await alice.says(bob, 'half a thought');
    expect(alice.chat(bob)?.draft).toBe('');
  });

  it('refuses texts that nobody should send, and writes nothing of them', async () => {
    const { alice, bob } = await acquainted();
    const send = (text: string) => codeOf(() => alice.send(bob, text));
    expect(await send('  ')).toBe('textEmpty');
    expect(await send('x'.repeat(5_001))).toBe('textTooLong');
    expect(await send('SLK1:ABCDEF')).toBe('textHoldsSecret');
    expect(alice.texts(bob)).toEqual(['hello', 'hello yourself']);
  });

  it('does not take the id of a message of another chat, or of the other person', async () => {
    const { alice, bob } = await acquainted();
    const [own, theirs] = alice.messages(bob);
    if (own === undefined || theirs === undefined) throw new Error('no messages');
    expect(await codeOf(() => alice.send(bob, 'x', theirs.messageId))).toBe('badCall');
    alice.database.run(
      "INSERT INTO chat (chat_id, username, standing, created_at, active_at) VALUES (x'00112233445566778899aabbccddeeff', 'dave', 'accepted', 1, 1)",
    );
    const dave = alice.messaging.chats.list().find(({ username }) => username === 'dave');
    if (dave === undefined) throw new Error('no chat');
    expect(await codeOf(() => alice.messaging.chats.sendText(dave.chatId, own.messageId, 'x'))).toBe('badCall');
  });

  it('counts what is unread, and reads up to a message, own or not', async () => {
    const { alice, bob } = await acquainted();
    for (const text of ['one', 'two', 'three']) await bob.says(alice, text);
    expect(alice.chat(bob)?.unread).toBe(4);
    const { chats } = alice.messaging;
    const at = (text: string) =>
      alice.messages(bob).find(({ body }) => body.kind === 'text' && body.text === text)?.messageId ?? newMessageId();
    chats.markRead(bob.accountId, at('two'));
    expect(alice.chat(bob)?.unread).toBe(1);
    const own = await alice.says(bob, 'my own');
    chats.markRead(bob.accountId, own);
    expect(alice.chat(bob)?.unread).toBe(0);
    expect(await codeOf(() => chats.markRead(bob.accountId, newMessageId()))).toBe('messageNotFound');
  });

  it('gives pages that fit through a bridge, and all of it in the end', async () => {
    const { alice, bob } = await acquainted();
    alice.connection.cut();
    for (let count = 0; count < 40; count += 1) alice.send(bob, `${count} ${'\u0001'.repeat(4_990)}`);
    const { chats } = alice.messaging;
    const page = chats.page({ chatId: bob.accountId, limit: 200 });
    expect(page.more).toBe(true);
    expect(JSON.stringify(page).length).toBeLessThan(1_000_000);
    const seen: string[] = [];
    for (let before: string | undefined; ;) {
      const { messages, more } = chats.page({ chatId: bob.accountId, before, limit: 200 });
      seen.push(...messages.map(({ messageId }) => messageId));
      before = messages.at(-1)?.cursor;
      if (!more) break;
    }
    expect(seen).toHaveLength(42);
    expect(new Set(seen).size).toBe(42);
    expect(await codeOf(() => chats.page({ chatId: bob.accountId, before: 'no cursor', limit: 10 }))).toBe('badCall');
  });

  it('has the latest message on top of the list of chats', async () => {
    const { alice, bob, carol } = await people('alice', 'bob', 'carol');
    await alice.meet(bob);
    await alice.meet(carol);
    const order = () => alice.messaging.chats.list().map(({ username }) => username);
    alice.clock.advance(1_000);
    await alice.says(bob, 'one');
    alice.clock.advance(1_000);
    await alice.says(carol, 'two');
    expect(order()).toEqual(['carol', 'bob']);
    alice.clock.advance(1_000);
    await alice.says(bob, 'three');
    expect(order()).toEqual(['bob', 'carol']);
  });
});

describe('receipts', () => {
  it('leave at once the first time, then together', async () => {
    const { alice, bob, server } = await acquainted();
    const toAlice = () => server.relayed.filter(({ recipient }) => recipient === alice.accountId).length;
    const before = toAlice();
    for (const text of ['one', 'two', 'three', 'four']) await alice.says(bob, text);
    await aWhile();
    expect(toAlice()).toBe(before);
    bob.clock.advance(3_000);
    await until(() => alice.inState(bob, 'delivered') === 5);
    expect(toAlice()).toBe(before + 1);
    bob.clock.advance(60_000);
    await alice.says(bob, 'five');
    await until(() => alice.inState(bob, 'delivered') === 6);
    expect(toAlice()).toBe(before + 2);
  });

  it('say read alone of what was delivered and read in between', async () => {
    const { alice, bob, server } = await acquainted();
    const before = server.relayed.filter(({ recipient }) => recipient === alice.accountId).length;
    const last = await alice.says(bob, 'look at this');
    bob.messaging.chats.markRead(alice.accountId, last);
    bob.clock.advance(3_000);
    await until(() => alice.inState(bob, 'read') === 2);
    expect(server.relayed.filter(({ recipient }) => recipient === alice.accountId)).toHaveLength(before + 1);
  });

  it('that were owed at a stop leave at the next start', async () => {
    const { alice, bob } = await acquainted();
    await alice.says(bob, 'one');
    await alice.says(bob, 'two');
    expect(alice.inState(bob, 'delivered')).toBe(1);
    await bob.restart();
    await until(() => alice.inState(bob, 'delivered') === 3);
  });

  it('for more messages than fit into one are several', async () => {
    const { alice, bob, server } = await acquainted();
    bob.connection.cut();
    for (let count = 0; count < 620; count += 1) alice.send(bob, `text ${count}`);
    await until(() => alice.inState(bob, 'waiting') === 0);
    const before = server.relayed.filter(({ recipient }) => recipient === alice.accountId).length;
    bob.connection.mend();
    await until(() => bob.received(alice) === 621);
    bob.clock.advance(3_000);
    await until(() => alice.inState(bob, 'delivered') === 621);
    expect(server.relayed.filter(({ recipient }) => recipient === alice.accountId).length - before).toBeLessThan(6);
  });
});
