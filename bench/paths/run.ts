import { join } from 'node:path';
import type { AccountId } from '@sotto/protocol/ids';
import { temporaryFolder } from '@sotto/e2e/harness';
import { startBenchServer } from '../server.js';
import { median, short, table } from '../statistics.js';
import { startChild, type Child } from './child.js';
import { textContentBytes } from './content-size.js';
import { openGate, type Gate } from './gate.js';
import { BareCosts, CoreAnswer, type BareCommand, type CoreCommand } from './messages.js';

export interface PathsOptions {
  readonly runs: number;
}

/** Eighteen batches of 50, and as many envelopes as wait for a device that is away without being refused. */
const MESSAGES = 900;
/** Rounds before the measured ones, so that code is compiled and pages are warm. */
const WARM_UPS = 2;
const TEXT = 'A text as people write it, in a line or so: see you at nine.';
/** The most that Sotto's path may cost, as a multiple of bare libsignal's. */
const MARK = 1.5;

/** Microseconds of CPU a message. */
interface Round {
  readonly bareSeal: number;
  readonly bareOpen: number;
  readonly write: number;
  readonly send: number;
  readonly sendNetwork: number;
  readonly receive: number;
  readonly receiveNetwork: number;
}

interface Person {
  readonly child: Child;
  readonly gate: Gate;
  tell(command: CoreCommand): Promise<CoreAnswer>;
}

interface Stage {
  readonly bare: Child;
  readonly alice: Person;
  readonly bob: Person;
  /** Alice's chat with Bob. */
  readonly chatId: AccountId;
  readonly contentBytes: number;
}

const begin = async (folder: string, address: string, username: string): Promise<Person> => {
  const gate = await openGate(address);
  const child = startChild('core-program.js', [join(folder, username)]);
  const tell = (command: CoreCommand) => child.ask(command, CoreAnswer);
  await tell({ command: 'register', address: gate.address, username });
  return { child, gate, tell };
};

const chatOf = async (person: Person, username: string): Promise<AccountId> => {
  const { chatId } = await person.tell({ command: 'meet', username });
  if (chatId === undefined) throw new Error('there is no chat');
  return chatId;
};

/** Both have written, so that sessions are whole and both have each other's profile key. */
const acquaint = async (alice: Person, bob: Person): Promise<AccountId> => {
  const chatId = await chatOf(alice, 'bob');
  const back = await chatOf(bob, 'alice');
  await alice.tell({ command: 'write', chatId, text: TEXT, count: 1 });
  await bob.tell({ command: 'receive', count: 1 });
  await alice.tell({ command: 'settle' });
  await bob.tell({ command: 'write', chatId: back, text: TEXT, count: 1 });
  await alice.tell({ command: 'receive', count: 1 });
  await bob.tell({ command: 'settle' });
  return chatId;
};

const measure = async ({ bare, alice, bob, chatId, contentBytes }: Stage): Promise<Round> => {
  const question: BareCommand = { count: MESSAGES, contentBytes };
  const { sealUs, openUs } = await bare.ask(question, BareCosts);
  alice.gate.cut();
  bob.gate.cut();
  const written = await alice.tell({ command: 'write', chatId, text: TEXT, count: MESSAGES });
  alice.gate.mend();
  const sent = await alice.tell({ command: 'send' });
  bob.gate.mend();
  const received = await bob.tell({ command: 'receive', count: MESSAGES });
  await alice.tell({ command: 'settle' });
  return {
    bareSeal: sealUs / MESSAGES,
    bareOpen: openUs / MESSAGES,
    write: written.workUs / MESSAGES,
    send: sent.workUs / MESSAGES,
    sendNetwork: sent.networkUs / MESSAGES,
    receive: received.workUs / MESSAGES,
    receiveNetwork: received.networkUs / MESSAGES,
  };
};

const report = (rounds: readonly Round[], contentBytes: number): string => {
  const of = (value: (round: Round) => number): string => short(median(rounds.map(value)));
  const rows = [
    ['send: seal, commit, record', of((r) => r.bareSeal), of((r) => r.send), of((r) => r.send / r.bareSeal)],
    [
      'send, with the sockets',
      of((r) => r.bareSeal),
      of((r) => r.send + r.sendNetwork),
      of((r) => (r.send + r.sendNetwork) / r.bareSeal),
    ],
    [
      'receive: store, open, commit, with the sockets',
      of((r) => r.bareOpen),
      of((r) => r.receive + r.receiveNetwork),
      of((r) => (r.receive + r.receiveNetwork) / r.bareOpen),
    ],
  ];
  return [
    table(['path', 'bare libsignal, CPU µs a message', 'Sotto, CPU µs a message', 'ratio'], rows),
    '',
    `Contents of ${String(contentBytes)} bytes, ${String(MESSAGES)} a round, medians of ${String(rounds.length)} rounds. ` +
      `The mark is ${String(MARK)}×. Writing a text into the outbox, a commit each: ${of((r) => r.write)} µs.`,
  ].join('\n');
};

/**
 * Measures what the core's own paths cost beside libsignal's, on durable databases, round by round in one run: the core with
 * a real server behind it, and bare libsignal with everything in memory.
 */
export const benchPaths = async ({ runs }: PathsOptions): Promise<string> => {
  const folder = await temporaryFolder();
  const server = await startBenchServer({ dataFolder: join(folder.path, 'server') });
  const bare = startChild('bare-program.js', []);
  const alice = await begin(folder.path, server.address, 'alice');
  const bob = await begin(folder.path, server.address, 'bob');
  try {
    const contentBytes = textContentBytes(TEXT);
    const stage: Stage = { bare, alice, bob, contentBytes, chatId: await acquaint(alice, bob) };
    const rounds: Round[] = [];
    for (let round = 0; round < WARM_UPS + runs; round += 1) rounds.push(await measure(stage));
    return report(rounds.slice(WARM_UPS), contentBytes);
  } finally {
    await Promise.all([bare, alice.child, bob.child].map((child) => child.stop()));
    await Promise.all([alice.gate.stop(), bob.gate.stop(), server.stop()]);
    await folder.remove();
  }
};
