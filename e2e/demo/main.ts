/**
 * `npm run demo`: a tour on the real programs. A server process, two client processes, a sealed exchange, a recipient who is
 * away, SIGKILL of each in turn, and a search of every server table. Ends with exit code 1 if anything is lost, doubled or
 * readable.
 */
import { join } from 'node:path';
import {
  allMessages,
  chatWith,
  dumpServerTables,
  eventually,
  findReadable,
  freePort,
  newMessageId,
  online,
  register,
  startClientProcess,
  startServerProcess,
  temporaryFolder,
  textsFrom,
  type ClientProcess,
  type ServerProcess,
} from '../harness/index.js';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
let chapterNumber = 0;
const chapter = (title: string): void => {
  chapterNumber += 1;
  say(`\n${String(chapterNumber)}. ${title}`);
};

const folder = await temporaryFolder();
const serverData = join(folder.path, 'server');
const port = await freePort();
const startServer = (): Promise<ServerProcess> => startServerProcess({ dataFolder: serverData, port });
const startClient = (name: string): ClientProcess => startClientProcess({ profileFolder: join(folder.path, name) });

/** What each side has said, in order: what the other must end up with. */
const said: Record<'alice' | 'bob', string[]> = { alice: [], bob: [] };

let server = await startServer();
let alice = startClient('alice');
let bob = startClient('bob');

const send = async (from: 'alice' | 'bob', text: string): Promise<void> => {
  const [client, peer] = from === 'alice' ? [alice, 'bob'] : [bob, 'alice'];
  const { chatId } = await client.core.call('startChat', { username: peer });
  await client.core.call('sendText', { chatId, messageId: newMessageId(), text });
  said[from].push(text);
  say(`   ${from} → ${peer}: ${text}`);
};

/** Waits until `to` shows everything that the other has said. */
const arrived = async (to: 'alice' | 'bob'): Promise<void> => {
  const [client, peer] = to === 'alice' ? [alice, 'bob'] : [bob, 'alice'];
  const expected = said[peer === 'alice' ? 'alice' : 'bob'].length;
  const { chatId } = await chatWith(client.core, peer);
  await eventually(client.core, `${to} to have ${String(expected)} messages`, async () =>
    textsFrom(await allMessages(client.core, chatId), 'peer').length >= expected ? true : undefined,
  );
  say(`   ${to} has all ${String(expected)}.`);
};

const failures: string[] = [];

const compare = async (to: 'alice' | 'bob'): Promise<void> => {
  const [client, peer] = to === 'alice' ? ([alice, 'bob'] as const) : ([bob, 'alice'] as const);
  const { chatId } = await chatWith(client.core, peer);
  const shown = textsFrom(await allMessages(client.core, chatId), 'peer');
  const equal = shown.length === said[peer].length && shown.every((text, index) => text === said[peer][index]);
  say(
    `   ${to} shows ${String(shown.length)} messages of ${peer}; ${peer} wrote ${String(said[peer].length)}: ${equal ? 'equal, in order' : 'NOT EQUAL'}`,
  );
  if (!equal) failures.push(`${to} does not show exactly what ${peer} wrote`);
};

const tour = async (): Promise<void> => {
  chapter('A server on its embedded database, and two people who register on it');
  say(`   server: process ${String(server.pid)} at ${server.address}`);
  await register(alice.core, server.address, 'alice');
  await register(bob.core, server.address, 'bob');
  say(`   alice: process ${String(alice.pid)}, bob: process ${String(bob.pid)}; each made its keys itself`);

  chapter('A sealed conversation, both ways');
  await send('alice', 'Are you there? The meeting is at nine, behind the old mill.');
  await arrived('bob');
  await send('bob', 'Yes. Bring the blue folder and tell nobody.');
  await arrived('alice');

  chapter('Bob is away; what Alice writes waits for him on the server, sealed');
  await bob.stop();
  await send('alice', 'Change of plan: the lighthouse, not the mill.');
  await send('alice', 'Wear something warm.');
  bob = startClient('bob');
  await arrived('bob');

  chapter('kill -9 of the server while both write');
  await Promise.all([send('alice', 'Writing while the server dies.'), server.kill()]);
  await send('bob', 'Written while the server is away: it waits here.');
  server = await startServer();
  await arrived('bob');
  await arrived('alice');

  chapter('kill -9 of Alice right after she pressed Enter, and of Bob while it arrives');
  await send('alice', 'Stored before anything else, so this survives her process.');
  await alice.kill();
  alice = startClient('alice');
  await online(alice.core);
  await send('alice', 'Sent while Bob is about to be killed.');
  await bob.kill();
  bob = startClient('bob');
  await online(bob.core);
  await arrived('bob');

  chapter('What the server holds: every row of every table, searched for every text');
  await bob.stop();
  await send('alice', 'Left waiting in the mailbox on purpose, so that there is something to find.');
  await eventually(alice.core, 'the last message to be accepted', async () => {
    const { chatId } = await chatWith(alice.core, 'bob');
    const last = (await allMessages(alice.core, chatId)).at(-1);
    return last?.delivery?.state === 'sent' ? true : undefined;
  });
  await server.kill();
  const dump = dumpServerTables(serverData);
  for (const { table, rows } of dump) {
    const bytes = rows.flat().reduce((sum, value) => sum + value.length, 0);
    say(`   ${table.padEnd(26)} ${String(rows.length).padStart(4)} rows ${String(bytes).padStart(8)} bytes`);
  }
  if ((dump.find(({ table }) => table === 'envelope')?.rows.length ?? 0) === 0) {
    failures.push('no envelope was waiting: the search would prove nothing');
  }
  // A search that finds nothing proves something only if it finds what is there.
  if (findReadable(dump, 'alice').length === 0)
    failures.push('the search did not find the username that the server knows');
  for (const text of [...said.alice, ...said.bob]) {
    for (const place of findReadable(dump, text)) failures.push(`readable in ${place}: ${text}`);
  }
  say(
    `   ${String(said.alice.length + said.bob.length)} texts searched for; the usernames, which the server knows, were found.`,
  );

  chapter('The server and Bob come back: nothing lost, nothing twice');
  server = await startServer();
  bob = startClient('bob');
  await arrived('bob');
  // Mail is opened in order: once this last one is there, so is every second copy of what was sent before it.
  await send('bob', 'It was waiting, and it is here.');
  await arrived('alice');
  await compare('alice');
  await compare('bob');
};

try {
  await tour();
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
} finally {
  await Promise.all([alice.kill(), bob.kill(), server.kill()]);
  await folder.remove();
}

say(
  failures.length === 0 ? '\nAll of it held.' : `\nFAILED:\n${failures.map((failure) => `  - ${failure}`).join('\n')}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
