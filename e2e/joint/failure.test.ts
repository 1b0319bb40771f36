/** Failures of a real encrypted database before, in and at the flush leave every table as it was, and the retry works. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OutgoingMessage, PreKeyBundle, SealedEnvelope } from '@sotto/crypto';
import { parseUnixMs } from '@sotto/protocol/ids';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';
import {
  CertificateServer,
  createState,
  newAccountId,
  newMessenger,
  present,
  publish,
  textGate,
  textMessage,
} from './testing/party.js';
import { SqlcipherState, type StateEvent } from './testing/sqlcipher-state.js';

class DiskFull extends Error {}

const server = new CertificateServer();
const sender = { state: createState(':memory:'), accountId: newAccountId() };
const senderAddress = { accountId: sender.accountId, deviceId: sender.state.localIdentity().deviceId };
const recipientAccount = newAccountId();

let folder: TemporaryFolder;
let path: string;
let bundles: readonly PreKeyBundle[];
let fail: (event: StateEvent) => void;
let state: SqlcipherState;

beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, 'state.db');
  const created = createState(path);
  bundles = publish(created, 2);
  created.close();
  fail = () => undefined;
  state = SqlcipherState.open(path, (event) => fail(event));
});
afterEach(async () => {
  state.close();
  await folder.remove();
});

const seal = async (bundle: PreKeyBundle | undefined, text: string): Promise<SealedEnvelope> => {
  const to = { accountId: recipientAccount, deviceId: state.localIdentity().deviceId };
  const messenger = newMessenger(sender.state, sender.accountId);
  const message: OutgoingMessage = textMessage(senderAddress, to, text);
  const [sent] = await messenger.send([message], {
    certificate: server.issue(sender.state.localIdentity()),
    bundles: bundle === undefined ? [] : [bundle],
    commit: () => undefined,
  });
  const { result } = present(sent);
  if (result.outcome !== 'sealed') throw new Error(result.outcome);
  return { ciphertext: present(result.copies[0]).ciphertext, serverTime: present(parseUnixMs(Date.now())) };
};

interface ReceiveOptions {
  readonly connection?: SqlcipherState;
  readonly effects?: () => void;
}

const receive = async (envelope: SealedEnvelope, { connection = state, effects }: ReceiveOptions = {}) => {
  const [received] = await newMessenger(connection, recipientAccount).receive([envelope], {
    trust: server.trust,
    gate: textGate(),
    commit: ([one]) => {
      if (one?.result.outcome === 'opened') connection.run(`INSERT INTO message VALUES (NULL, 'x', x'00', x'00', 0)`);
      effects?.();
    },
  });
  return present(received).result.outcome;
};

const failAt = (point: StateEvent, occurrence = 1) => {
  let seen = 0;
  fail = (event) => {
    if (event !== point) return;
    seen += 1;
    if (seen === occurrence) throw new DiskFull();
  };
};

/** The messages stored, and the sessions. */
const rows = () => ['message', 'session'].map((table) => state.all(`SELECT count(*) AS n FROM ${table}`)[0]?.['n']);

describe.each([
  ['with one-time keys', 0],
  ['with a last-resort key', 1],
])('a first message %s', (_, index) => {
  it.each([
    ['commit.begun', 1],
    ['commit.changed', 1],
    ['commit.effects', 1],
    ['state.read', 1],
    ['state.read', 3],
  ] as const)('leaves everything as it was where %s fails (%d)', async (point, occurrence) => {
    const envelope = await seal(bundles[index], 'first');
    const before = state.hash();
    failAt(point, occurrence);
    await expect(receive(envelope)).rejects.toBeInstanceOf(DiskFull);
    fail = () => undefined;
    expect(state.hash()).toBe(before);
    await expect(receive(envelope)).resolves.toBe('opened');
    expect(rows()).toEqual([1, 1]);
  });

  it('leaves everything as it was where COMMIT itself fails', async () => {
    const envelope = await seal(bundles[index], 'first');
    const before = state.hash();
    const effects = () => state.run('INSERT INTO chat_message VALUES (404)');
    await expect(receive(envelope, { effects })).rejects.toMatchObject({
      message: expect.stringContaining('FOREIGN KEY'),
    });
    expect(state.hash()).toBe(before);
    await expect(receive(envelope)).resolves.toBe('opened');
    expect(rows()).toEqual([1, 1]);
  });

  it('is there after the database has been opened anew, and not a second time', async () => {
    const envelope = await seal(bundles[index], 'first');
    await receive(envelope);
    const before = state.hash();
    state.close();
    state = SqlcipherState.open(path);
    expect(state.hash()).toBe(before);
    await expect(receive(envelope)).resolves.toBe('duplicate');
    expect(state.hash()).toBe(before);
  });
});

describe('two connections to one database', () => {
  it('open a first message with a last-resort key once: the unique key of the marks refuses the later commit', async () => {
    const envelope = await seal(bundles[1], 'first');
    let commits = 0;
    const onEvent = (event: StateEvent) => {
      if (event === 'commit.begun') commits += 1;
    };
    fail = onEvent;
    const other = SqlcipherState.open(path, onEvent);
    const outcomes = await Promise.all([state, other].map((connection) => receive(envelope, { connection })));
    expect(outcomes.sort()).toEqual(['duplicate', 'opened']);
    // One of the two had read everything before the other committed, failed, and did its work again.
    expect(commits).toBe(3);
    expect(rows()).toEqual([1, 1]);
    other.close();
  });
});
