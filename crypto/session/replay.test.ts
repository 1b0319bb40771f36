import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { PreKeyBundle } from '../prekey/prekey-bundle.js';
import { gateWith, TestParty, TestServer } from '../testing/test-party.js';
import { DeviceMessenger } from './device-messenger.js';

let server: TestServer;
let alice: TestParty;
let bob: TestParty;
beforeEach(() => {
  server = new TestServer();
  alice = new TestParty(server);
  bob = new TestParty(server);
});

const firstMessage = (bundle: PreKeyBundle) => alice.sealWith(bundle, alice.messageFor(bob, 'first'));

describe('a first message', () => {
  it.each([
    ['with one-time keys', true, 'unknownPreKey', { preKeys: 0, kyberPreKeys: 0, replayMarks: 0 }],
    ['with a last-resort key', false, 'replayedFirstMessage', { preKeys: 0, kyberPreKeys: 1, replayMarks: 1 }],
  ])('%s cannot be replayed once its session has been deleted', async (_, oneTime, reason, counts) => {
    const first = await firstMessage(bob.bundle({ oneTime }));
    expect(await bob.open(first)).toMatchObject({ outcome: 'opened' });
    expect(bob.state.counts).toEqual({ sessions: 1, ...counts });
    expect(await bob.open(first)).toMatchObject({ outcome: 'duplicate' });
    await bob.messenger.deleteSessions([alice.deviceId], () => undefined);
    bob.restart();
    const before = bob.state.hash();
    expect(await bob.open(first)).toMatchObject({ outcome: 'undecryptable', sender: alice.deviceId, reason });
    expect(bob.state.hash()).toBe(before);
  });

  it('with a last-resort key lets other first messages with that key through', async () => {
    const bundle = bob.bundle({ oneTime: false });
    const carol = new TestParty(server);
    expect(await bob.open(await firstMessage(bundle))).toMatchObject({ outcome: 'opened' });
    const carols = await carol.sealWith(bundle, carol.messageFor(bob, 'mine'));
    expect(await bob.open(carols)).toMatchObject({ outcome: 'opened', sender: carol.deviceId });
    await alice.messenger.deleteSessions([bob.deviceId], () => undefined);
    expect(await bob.open(await firstMessage(bundle))).toMatchObject({ outcome: 'opened' });
    expect(bob.state.counts).toMatchObject({ kyberPreKeys: 1, replayMarks: 3 });
  });

  it('that has to wait keeps its keys and leaves no mark', async () => {
    for (const oneTime of [true, false]) {
      const first = await firstMessage(bob.bundle({ oneTime }));
      await alice.messenger.deleteSessions([bob.deviceId], () => undefined);
      const before = bob.state.hash();
      const unknown = gateWith(() => 'unknown');
      expect(await bob.open(first, unknown)).toEqual({
        outcome: 'waiting',
        sender: alice.deviceId,
        account: alice.accountId,
      });
      expect(bob.state.hash()).toBe(before);
      expect(await bob.open(first)).toMatchObject({ outcome: 'opened' });
    }
  });

  it('of another device with the keys of this one is refused', async () => {
    const first = await firstMessage(bob.bundle());
    const stranger = new TestParty(server);
    const before = stranger.state.hash();
    expect(await stranger.open(first)).toEqual({ outcome: 'refused', reason: 'seal' });
    expect(stranger.state.hash()).toBe(before);
  });
});

describe('two processes on one state', () => {
  it('open a first message with a last-resort key once: the later flush conflicts and its batch is done again', async () => {
    const first = await firstMessage(bob.bundle({ oneTime: false }));
    const second = await alice.seal(bob, 'second');
    const other = new DeviceMessenger({ accountId: bob.accountId, state: bob.state, clock: server.clock });
    const options = {
      trust: server.trust,
      gate: gateWith(() => 'active'),
      commit: () => undefined,
    };
    const commit = jest.spyOn(bob.state, 'commit');
    // Both lanes have read everything before either flushes: their calls take turns, step by step.
    const [mine, others] = await Promise.all([
      bob.messenger.receive([first, second], options),
      other.receive([first, second], options),
    ]);
    expect(commit.mock.results.map(({ type }) => type)).toEqual(['return', 'throw', 'return']);
    expect(mine.map(({ result }) => result.outcome)).toEqual(['opened', 'opened']);
    expect(others.map(({ result }) => result.outcome)).toEqual(['duplicate', 'duplicate']);
    expect(bob.state.counts).toMatchObject({ sessions: 1, replayMarks: 1 });
  });

  it('gives up where the conflict never ends', async () => {
    const first = await firstMessage(bob.bundle({ oneTime: false }));
    let hasFailed = false;
    jest.spyOn(bob.state, 'commit').mockImplementation(() => {
      hasFailed = true;
      throw new Error('UNIQUE constraint failed');
    });
    // There after each rollback, and gone when the work is done again.
    jest.spyOn(bob.state, 'hasReplayMark').mockImplementation(() => {
      const isThere = hasFailed;
      hasFailed = false;
      return isThere;
    });
    await expect(bob.open(first)).rejects.toThrow('Another process');
  });
});
