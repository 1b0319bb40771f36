/** Two cores and a real server in one process: what the bridge promises, against the server that people run. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CoreEvent } from '@sotto/client/bridge';
import { createCore, type Core } from '@sotto/client/core';
import { startServer } from '@sotto/server';
import { allMessages, chatWith, eventually, newMessageId, online, register, textsFrom } from '../harness/people.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';

jest.setTimeout(180_000);

type Server = Awaited<ReturnType<typeof startServer>>;

let folder: TemporaryFolder;
let server: Server;
let alice: Core;
let bob: Core;

const open = (name: string): Promise<Core> => createCore({ profileFolder: join(folder.path, name) });

const send = async (from: Core, to: string, text: string) => {
  const { chatId } = await from.call('startChat', { username: to });
  return from.call('sendText', { chatId, messageId: newMessageId(), text });
};

const received = async (core: Core, from: string) => {
  const { chatId } = await chatWith(core, from);
  return textsFrom(await allMessages(core, chatId), 'peer');
};

const shows = (core: Core, from: string, text: string) =>
  eventually(core, `${from}'s "${text}"`, async () => (await received(core, from)).includes(text) || undefined);

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startServer({
    settings: {
      SOTTO_DATA: join(folder.path, 'server'),
      SOTTO_PORT: '0',
      SOTTO_LOG_LEVEL: 'error',
      SOTTO_LIMIT_FACTOR: '1000000',
    },
  });
  [alice, bob] = await Promise.all([open('alice'), open('bob')]);
  await register(alice, server.address, 'alice');
  await register(bob, server.address, 'bob');
});

afterAll(async () => {
  await Promise.all([alice.stop(), bob.stop()]);
  await server.stop();
  await folder.remove();
});

describe('two people on a real server', () => {
  it('find each other, write both ways, and see how far their messages have come', async () => {
    const first = await send(alice, 'BOB', 'Привет 👋');
    await shows(bob, 'alice', 'Привет 👋');
    const request = await chatWith(bob, 'alice');
    expect(request).toMatchObject({ standing: 'request', unread: 1, alarm: false });
    const state = async () => {
      const messages = await allMessages(alice, first.chatId);
      return messages.find(({ messageId }) => messageId === first.messageId)?.delivery?.state;
    };
    await eventually(alice, 'sent', async () => ((await state()) === 'sent' ? true : undefined));
    await bob.call('acceptChat', { chatId: request.chatId });
    await eventually(alice, 'delivered', async () => ((await state()) === 'delivered' ? true : undefined));
    await bob.call('markRead', { chatId: request.chatId, upTo: first.messageId });
    await eventually(alice, 'read', async () => ((await state()) === 'read' ? true : undefined));
    await send(bob, 'alice', 'hello');
    await shows(alice, 'bob', 'hello');
    expect((await chatWith(bob, 'alice')).unread).toBe(0);
  });

  it('see the same safety number', async () => {
    const [mine, theirs] = await Promise.all(
      (
        [
          [alice, 'bob'],
          [bob, 'alice'],
        ] as const
      ).map(async ([core, name]) => core.call('safetyNumber', { chatId: (await chatWith(core, name)).chatId })),
    );
    expect(mine?.groups).toHaveLength(12);
    expect(mine).toEqual(theirs);
  });

  it('say who is not there, and who one is oneself', async () => {
    const codeOf = (username: string) =>
      alice.call('startChat', { username }).then(
        () => 'found',
        (error: unknown) => (error as { failure: { code: string } }).failure.code,
      );
    expect(await codeOf('nobody_at_all')).toBe('personNotFound');
    expect(await codeOf('Alice')).toBe('personIsSelf');
    expect(await codeOf('b')).toBe('usernameInvalid');
    expect(await codeOf('@bob')).toBe('found');
  });

  it('get 200 messages that were sent at once, each once and in order, told as they arrive', async () => {
    const events: CoreEvent[] = [];
    const leave = bob.subscribe((event) => events.push(event));
    const { chatId } = await chatWith(alice, 'bob');
    const texts = Array.from({ length: 200 }, (_, index) => `burst ${String(index)}`);
    await Promise.all(texts.map((text) => alice.call('sendText', { chatId, messageId: newMessageId(), text })));
    await shows(bob, 'alice', 'burst 199');
    expect((await received(bob, 'alice')).slice(-200)).toEqual(texts);
    const arrived = events.flatMap((event) => (event.type === 'messages' ? event.arrived : []));
    expect(new Set(arrived).size).toBe(200);
    expect(arrived).toHaveLength(200);
    leave();
  });

  it('go on where they were after both have been stopped, with what was written to the one who was away', async () => {
    await bob.stop();
    const texts = Array.from({ length: 20 }, (_, index) => `while away ${String(index)}`);
    for (const text of texts) await send(alice, 'bob', text);
    await alice.stop();
    [alice, bob] = await Promise.all([open('alice'), open('bob')]);
    await shows(bob, 'alice', 'while away 19');
    expect((await received(bob, 'alice')).slice(-20)).toEqual(texts);
    await send(bob, 'alice', 'back');
    await shows(alice, 'bob', 'back');
    for (const core of [alice, bob]) {
      await online(core);
      expect(await core.call('getApp', {})).toMatchObject({ phase: 'ready', setAside: 0, expired: 0 });
    }
  });

  it('write while the server is away, and it goes out in order when the server is back', async () => {
    const { port } = new URL(server.address);
    await server.stop();
    await eventually(alice, 'to notice', async () => {
      const app = await alice.call('getApp', {});
      return app.phase === 'ready' && app.connection.state === 'offline' ? true : undefined;
    });
    const texts = ['one', 'two', 'three'].map((text) => `offline ${text}`);
    const written = [];
    for (const text of texts) written.push(await send(alice, 'bob', text));
    expect(written.map(({ delivery }) => delivery?.state)).toEqual(['waiting', 'waiting', 'waiting']);
    server = await startServer({
      settings: {
        SOTTO_DATA: join(folder.path, 'server'),
        SOTTO_PORT: port,
        SOTTO_LOG_LEVEL: 'error',
        SOTTO_LIMIT_FACTOR: '1000000',
      },
    });
    await Promise.all([alice.call('reconnect', {}), bob.call('reconnect', {})]);
    await shows(bob, 'alice', 'offline three');
    expect((await received(bob, 'alice')).slice(-3)).toEqual(texts);
  });

  it('page through all of it without a gap or a double', async () => {
    const { chatId } = await chatWith(bob, 'alice');
    const all = await allMessages(bob, chatId);
    const ids: string[] = [];
    let before: string | undefined;
    for (;;) {
      const page = await bob.call('listMessages', { chatId, limit: 7, ...(before === undefined ? {} : { before }) });
      ids.unshift(...page.messages.map(({ messageId }) => messageId).toReversed());
      before = page.messages.at(-1)?.cursor;
      if (!page.more) break;
    }
    expect(ids).toEqual(all.map(({ messageId }) => messageId));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
