/**
 * A message's journey with a process dying at every named point of it (docs/ARCHITECTURE.md): nothing lost, nothing twice.
 * At full count each point is hit 20 times: `SOTTO_TEST_SCALE=1 npx jest --selectProjects e2e e2e/kill`.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MessageId } from '@sotto/protocol/ids';
import { counted } from '../../protocol/testing/scale.js';
import { startClientProcess, type ClientProcess } from '../harness/client-process.js';
import { freePort } from '../harness/free-port.js';
import { allMessages, chatWith, eventually, newMessageId, online, register, textsFrom } from '../harness/people.js';
import { startServerProcess, type ServerProcess } from '../harness/server-process.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';

const KILLS = counted(20);
const BETWEEN_TEXTS_MS = 100;
const TIMEOUT_MS = 60_000 + KILLS * 30_000;

const SENDER_POINTS = [
  'journey.2.storing',
  'journey.2.stored',
  'journey.3.encrypting',
  'journey.3.committing',
  'journey.3.encrypted',
  'journey.4.sending',
  'journey.4.accepted',
  'journey.4.recording',
  'journey.4.recorded',
] as const;
const RECEIVER_POINTS = [
  'journey.5.storing',
  'journey.5.committing',
  'journey.5.stored',
  'journey.5.acknowledged',
  'journey.6.opening',
  'journey.6.committing',
  'journey.6.opened',
] as const;
const SERVER_POINTS = [
  'mailbox.beforeCommit',
  'mailbox.afterCommit',
  'mailbox.beforeDelete',
  'mailbox.afterDelete',
] as const;

/** One text of a person, known by the id under which it is sent however often it has to be asked for. */
interface Written {
  readonly messageId: MessageId;
  readonly text: string;
}

let folder: TemporaryFolder;
let port: number;
let server: ServerProcess;
let alice: ClientProcess;
let bob: ClientProcess;
const written: Record<'alice' | 'bob', Written[]> = { alice: [], bob: [] };
let serial = 0;

const profile = (name: 'alice' | 'bob'): string => join(folder.path, name);
const peerOf = (name: 'alice' | 'bob'): 'alice' | 'bob' => (name === 'alice' ? 'bob' : 'alice');

const ask = async (client: ClientProcess, from: 'alice' | 'bob', { messageId, text }: Written): Promise<void> => {
  const { chatId } = await client.core.call('startChat', { username: peerOf(from) });
  await client.core.call('sendText', { chatId, messageId, text });
};

const next = (from: 'alice' | 'bob'): Written => {
  serial += 1;
  const message = { messageId: newMessageId(), text: `${from} ${String(serial)}` };
  written[from].push(message);
  return message;
};

/**
 * Has texts written until `process` is gone: first as many as asked for, all at once, then one after another, since what is sent
 * together passes a point together and a later pass may need more. Answers what was written.
 */
const writeUntilGone = async (
  process: { readonly exited: Promise<void> },
  atOnce: number,
  write: () => Promise<Written>,
): Promise<readonly Written[]> => {
  const gone = process.exited.then(() => 'gone' as const);
  const messages = Array.from({ length: atOnce }, write);
  while ((await Promise.race([gone, pause(BETWEEN_TEXTS_MS)])) !== 'gone') messages.push(write());
  return Promise.all(messages);
};

const waitForAll = async (to: 'alice' | 'bob', client: ClientProcess): Promise<void> => {
  const from = peerOf(to);
  const { chatId } = await chatWith(client.core, from);
  await eventually(client.core, `${to} to have everything`, async () =>
    textsFrom(await allMessages(client.core, chatId), 'peer').length >= written[from].length ? true : undefined,
  );
};

/** Without waiting for the backoff: what it does is not what these tests are about. */
const reconnect = async (): Promise<void> => {
  await Promise.all([alice, bob].map((client) => client.core.call('reconnect', {})));
};

const shownBy = async (client: ClientProcess, from: 'alice' | 'bob'): Promise<readonly string[]> => {
  const { chatId } = await chatWith(client.core, from);
  return textsFrom(await allMessages(client.core, chatId), 'peer');
};

beforeAll(async () => {
  folder = await temporaryFolder();
  port = await freePort();
  server = await startServerProcess({ dataFolder: join(folder.path, 'server'), port });
  alice = startClientProcess({ profileFolder: profile('alice') });
  bob = startClientProcess({ profileFolder: profile('bob') });
  await register(alice.core, server.address, 'alice');
  await register(bob.core, server.address, 'bob');
  await ask(alice, 'alice', next('alice'));
  await waitForAll('bob', bob);
  await ask(bob, 'bob', next('bob'));
  await waitForAll('alice', alice);
}, 120_000);

afterAll(async () => {
  await Promise.all([alice.kill(), bob.kill(), server.kill()]);
  await folder.remove();
});

describe('a process that dies on a message’s journey', () => {
  it.each(SENDER_POINTS)(
    'sender at %s',
    async (event) => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await alice.stop();
        // The first pass of a point may belong to a receipt; dying at the second as well covers both.
        alice = startClientProcess({ profileFolder: profile('alice'), killAt: { event, occurrence: 1 + (kill % 2) } });
        const messages = await writeUntilGone(alice, 3, async () => {
          const message = next('alice');
          await ask(alice, 'alice', message).catch(() => undefined);
          return message;
        });
        alice = startClientProcess({ profileFolder: profile('alice') });
        // What the person was not told to be stored, they ask for again, under the same id.
        for (const message of messages) await ask(alice, 'alice', message);
        await waitForAll('bob', bob);
      }
      expect(await shownBy(bob, 'alice')).toEqual(written.alice.map(({ text }) => text));
    },
    TIMEOUT_MS,
  );

  it.each(RECEIVER_POINTS)(
    'receiver at %s',
    async (event) => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await bob.stop();
        for (let count = 0; count < 3; count += 1) await ask(alice, 'alice', next('alice'));
        bob = startClientProcess({ profileFolder: profile('bob'), killAt: { event, occurrence: 1 } });
        for (let count = 0; count < 2; count += 1) await ask(alice, 'alice', next('alice'));
        await bob.exited;
        bob = startClientProcess({ profileFolder: profile('bob') });
        await waitForAll('bob', bob);
      }
      expect(await shownBy(bob, 'alice')).toEqual(written.alice.map(({ text }) => text));
    },
    TIMEOUT_MS,
  );

  it.each(SERVER_POINTS)(
    'server at %s',
    async (event) => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await server.stop();
        const options = { dataFolder: join(folder.path, 'server'), port };
        server = await startServerProcess({ ...options, killAt: { event, occurrence: 1 + (kill % 3) } });
        await reconnect();
        await writeUntilGone(server, 4, async () => {
          const message = next('alice');
          await ask(alice, 'alice', message);
          await ask(bob, 'bob', next('bob'));
          return message;
        });
        server = await startServerProcess(options);
        await reconnect();
        await Promise.all([waitForAll('bob', bob), waitForAll('alice', alice)]);
      }
      expect(await shownBy(bob, 'alice')).toEqual(written.alice.map(({ text }) => text));
      expect(await shownBy(alice, 'bob')).toEqual(written.bob.map(({ text }) => text));
    },
    TIMEOUT_MS,
  );

  it(
    'leaves both sides equal after all of it, nothing set aside, every message read by its states',
    async () => {
      await Promise.all([online(alice.core), online(bob.core), waitForAll('alice', alice), waitForAll('bob', bob)]);
      expect(await shownBy(bob, 'alice')).toEqual(written.alice.map(({ text }) => text));
      expect(await shownBy(alice, 'bob')).toEqual(written.bob.map(({ text }) => text));
      for (const client of [alice, bob]) {
        expect(await client.core.call('getApp', {})).toMatchObject({ phase: 'ready', setAside: 0, expired: 0 });
        const [chat] = await client.core.call('listChats', {});
        if (chat === undefined) throw new Error('the chat is gone');
        const settled = await eventually(client.core, 'every own message to be delivered', async () => {
          const own = (await allMessages(client.core, chat.chatId)).filter(({ author }) => author === 'self');
          return own.every(({ delivery }) => delivery?.state === 'delivered') ? own : undefined;
        });
        expect(settled.length).toBe(client === alice ? written.alice.length : written.bob.length);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'keeps 200 messages that are sent at once, each once and in order',
    async () => {
      const { chatId } = await alice.core.call('startChat', { username: 'bob' });
      const burst = Array.from({ length: 200 }, () => next('alice'));
      await Promise.all(burst.map(({ messageId, text }) => alice.core.call('sendText', { chatId, messageId, text })));
      await waitForAll('bob', bob);
      expect((await shownBy(bob, 'alice')).slice(-200)).toEqual(burst.map(({ text }) => text));
    },
    TIMEOUT_MS,
  );
});
