import { beforeEach, describe, expect, it } from '@jest/globals';
import { InjectedFailure, type CommitPoint } from '../testing/memory-state.js';
import { ratchetPosition } from '../testing/ratchet-position.js';
import { gateWith, openGate, present, TestParty, TestServer } from '../testing/test-party.js';
import { sealMessage } from '../sealed-sender/seal.js';
import { LocalParty } from '../backend/libsignal-party.js';
import { BATCH_MOST, type Sent } from './device-messenger.js';
import { UnitOfWork } from './unit-of-work.js';
import type { OutgoingMessage } from '../sealed-sender/seal.js';
import { PreKeyBundle } from '../prekey/prekey-bundle.js';
import type { SealedEnvelope } from '../sealed-sender/open.js';

const DAY_MS = 24 * 3_600_000;

let server: TestServer;
let alice: TestParty;
let bob: TestParty;
beforeEach(() => {
  server = new TestServer();
  alice = new TestParty(server);
  bob = new TestParty(server);
});

const send = (from: TestParty, messages: readonly OutgoingMessage[], bundles: readonly PreKeyBundle[] = []) =>
  from.messenger.send(messages, {
    certificate: server.certificateFor(from.identity),
    bundles,
    commit: (sent) => sent.forEach(({ result }) => from.addRow(result.outcome)),
  });

const envelopesOf = (sent: readonly Sent<OutgoingMessage>[]): SealedEnvelope[] =>
  sent.flatMap(({ result }) =>
    result.outcome === 'sealed'
      ? result.copies.map(({ ciphertext }) => ({ ciphertext, serverTime: server.clock.now() }))
      : [],
  );

const textsOf = (received: Awaited<ReturnType<TestParty['receive']>>) =>
  received.map(({ result }) => (result.outcome === 'opened' ? result.content.text : result.outcome));

describe('a conversation', () => {
  it('goes both ways, and uses up the one-time keys it began with', async () => {
    expect(await bob.open(await alice.seal(bob, 'hello'))).toMatchObject({ outcome: 'opened', sender: alice.deviceId });
    expect(await alice.open(await bob.seal(alice, 'hi'))).toMatchObject({ outcome: 'opened', content: { text: 'hi' } });
    expect(await bob.open(await alice.seal(bob, 'again'))).toMatchObject({ outcome: 'opened' });
    expect(bob.state.counts).toEqual({ sessions: 1, preKeys: 0, kyberPreKeys: 0, replayMarks: 0 });
  });

  it('begins at both ends at once and goes on', async () => {
    const fromAlice = await alice.seal(bob, 'a1');
    const fromBob = await bob.seal(alice, 'b1');
    expect(await bob.open(fromAlice)).toMatchObject({ outcome: 'opened' });
    expect(await alice.open(fromBob)).toMatchObject({ outcome: 'opened' });
    for (const round of ['2', '3', '4']) {
      expect(await bob.open(await alice.seal(bob, `a${round}`))).toMatchObject({ outcome: 'opened' });
      expect(await alice.open(await bob.seal(alice, `b${round}`))).toMatchObject({ outcome: 'opened' });
    }
  });

  it('survives a restart of either end', async () => {
    await bob.open(await alice.seal(bob, 'one'));
    alice.restart();
    bob.restart();
    expect(await bob.open(await alice.seal(bob, 'two'))).toMatchObject({ outcome: 'opened' });
    bob.restart();
    expect(await alice.open(await bob.seal(alice, 'three'))).toMatchObject({ outcome: 'opened' });
  });
});

describe('receiving', () => {
  it('opens a batch in order, and what fails does not touch the rest', async () => {
    const first = await alice.seal(bob, '1');
    const second = await alice.seal(bob, '2');
    const broken = { ...second, ciphertext: (await alice.seal(new TestParty(server), 'x')).ciphertext };
    const received = await bob.receive([first, broken, second, first]);
    expect(textsOf(received)).toEqual(['1', 'refused', '2', 'duplicate']);
    expect(received.map(({ envelope }) => envelope)).toEqual([first, broken, second, first]);
  });

  it('commits once for a batch, ratchets and effects together', async () => {
    const envelopes = envelopesOf(
      await send(
        alice,
        Array.from({ length: BATCH_MOST }, (_, index) => alice.messageFor(bob, String(index))),
        [bob.bundle()],
      ),
    );
    let commits = 0;
    const received = await bob.messenger.receive(envelopes, {
      trust: server.trust,
      gate: openGate,
      commit: () => (commits += 1),
    });
    expect(textsOf(received)).toEqual(Array.from({ length: BATCH_MOST }, (_, index) => String(index)));
    expect(commits).toBe(1);
  });

  it('commits even when nothing was opened, so that refused envelopes can be moved aside', async () => {
    const foreign = await alice.seal(new TestParty(server), 'not for bob');
    let moved = 0;
    const commit = (received: readonly unknown[]) => (moved = received.length);
    await bob.messenger.receive([foreign], { trust: server.trust, gate: openGate, commit });
    expect(moved).toBe(1);
  });

  it('refuses more than a batch', () => {
    const envelope = { ciphertext: alice.server.keyRing.keys.certificate, serverTime: server.clock.now() };
    const tooMany = Array.from({ length: BATCH_MOST + 1 }, () => envelope);
    expect(() => bob.receive(tooMany as never)).toThrow(RangeError);
    expect(() =>
      send(
        bob,
        Array.from({ length: BATCH_MOST + 1 }, () => bob.messageFor(alice, 'x')),
      ),
    ).toThrow(RangeError);
  });

  it.each(['begin', 'changes', 'effects'] as CommitPoint[])(
    'leaves every table as it was when the commit of a first message fails at %s, and the retry works',
    async (point) => {
      const first = await alice.seal(bob, 'first');
      const before = bob.state.hash();
      bob.state.failNextCommit(point);
      await expect(bob.open(first)).rejects.toThrow(InjectedFailure);
      expect(bob.state.hash()).toBe(before);
      expect(await bob.open(first)).toMatchObject({ outcome: 'opened', content: { text: 'first' } });
      expect(bob.state.rows.get('received first')).toBe('1');
    },
  );

  it('calls what had been committed before a crash a duplicate', async () => {
    const first = await alice.seal(bob, 'first');
    bob.state.failNextCommit('committed');
    await expect(bob.open(first)).rejects.toThrow(InjectedFailure);
    bob.restart();
    expect(await bob.open(first)).toEqual({ outcome: 'duplicate', sender: alice.deviceId });
    expect(bob.state.rows.get('received first')).toBe('1');
  });

  it('reports an error of the store as itself at every single read, and never as a message that cannot be opened', async () => {
    const first = await alice.seal(bob, 'first');
    const readsBefore = bob.state.reads;
    const probe = bob.state;
    bob.restart();
    await bob.open(first);
    const reads = bob.state.reads;
    expect(reads).toBeGreaterThan(4);
    expect(probe.reads).toBe(readsBefore);
    for (let read = 0; read < reads; read += 1) {
      bob.state = probe;
      bob.restart();
      const before = bob.state.hash();
      bob.state.failReadAfter(read);
      await expect(bob.open(first)).rejects.toThrow(InjectedFailure);
      expect(bob.state.hash()).toBe(before);
      expect(await bob.open(first)).toMatchObject({ outcome: 'opened' });
    }
  });

  it('aborts the whole batch on an error of the gate or of the effects', async () => {
    const envelopes = [await alice.seal(bob, '1'), await alice.seal(bob, '2')];
    const before = bob.state.hash();
    const failingGate = gateWith(({ text }) => {
      if (text === '2') throw new InjectedFailure('read');
      return 'active';
    });
    await expect(bob.receive(envelopes, failingGate)).rejects.toThrow(InjectedFailure);
    const commit = () => {
      throw new InjectedFailure('effects');
    };
    const receiving = bob.messenger.receive(envelopes, { trust: server.trust, gate: openGate, commit });
    await expect(receiving).rejects.toThrow(InjectedFailure);
    expect(bob.state.hash()).toBe(before);
    expect(textsOf(await bob.receive(envelopes))).toEqual(['1', '2']);
  });

  it('aborts where a callback calls the messenger again', async () => {
    const envelope = await alice.seal(bob, '1');
    const before = bob.state.hash();
    const reentering = gateWith(() => {
      bob.open(envelope).catch(() => undefined);
      return 'active';
    });
    await expect(bob.open(envelope, reentering)).rejects.toThrow('asked for the lane');
    const commit = () => void send(bob, []);
    const receiving = bob.messenger.receive([envelope], { trust: server.trust, gate: openGate, commit });
    await expect(receiving).rejects.toThrow('asked for the lane');
    expect(bob.state.hash()).toBe(before);
  });
});

describe('sending', () => {
  it('gives 200 messages sent at once to one peer 200 positions in the ratchet, and they arrive', async () => {
    await bob.open(await alice.seal(bob, 'begin'));
    await alice.open(await bob.seal(alice, 'begun'));
    const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
    const sent = await Promise.all(texts.map((text) => send(alice, [alice.messageFor(bob, text)])));
    const envelopes = sent.flatMap(envelopesOf);
    const positions = await Promise.all(envelopes.map(({ ciphertext }) => ratchetPosition(bob.state, ciphertext)));
    expect(new Set(positions).size).toBe(200);
    const received = await Promise.all(envelopes.map((envelope) => bob.open(envelope)));
    expect(received.map((result) => result.outcome === 'opened' && result.content.text)).toEqual(texts);
  });

  it('would use one position 200 times without the lane: it is held until the flush for this reason', async () => {
    await bob.open(await alice.seal(bob, 'begin'));
    await alice.open(await bob.seal(alice, 'begun'));
    const tools = {
      party: new LocalParty(alice.identity),
      certificate: server.certificateFor(alice.identity),
      bundles: [],
      now: server.clock.now(),
    };
    const unqueued = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const unit = UnitOfWork.begin(alice.state);
        return { unit, result: await sealMessage(unit, alice.messageFor(bob, String(index)), tools) };
      }),
    );
    for (const { unit } of unqueued) unit.flush(() => undefined);
    const envelopes = envelopesOf(unqueued.map(({ result }) => ({ message: alice.messageFor(bob, ''), result })));
    const positions = await Promise.all(envelopes.map(({ ciphertext }) => ratchetPosition(bob.state, ciphertext)));
    expect(new Set(positions).size).toBe(1);
    const outcomes = await Promise.all(envelopes.map(async (envelope) => (await bob.open(envelope)).outcome));
    expect(outcomes.filter((outcome) => outcome === 'opened')).toHaveLength(1);
  });

  it('leaves a message out as a whole where one of its devices has no session, and names every such device', async () => {
    const carol = new TestParty(server);
    const dave = new TestParty(server);
    await alice.seal(bob, 'begin');
    const toAll: OutgoingMessage = {
      copies: [carol, bob, dave].map((to) => alice.copyFor(to, 'to all')),
      contentHint: 'resendable',
    };
    const before = alice.state.hash();
    const [missing] = await send(alice, [toAll]);
    expect(present(missing).result).toEqual({
      outcome: 'sessionsMissing',
      deviceIds: [carol.deviceId, dave.deviceId],
    });
    alice.state.rows.delete('sessionsMissing');
    expect(alice.state.hash()).toBe(before);
    const bundle = carol.bundle();
    const [stillMissing, single] = await send(alice, [toAll, alice.messageFor(carol, 'alone')], [bundle]);
    expect(present(stillMissing).result).toEqual({ outcome: 'sessionsMissing', deviceIds: [dave.deviceId] });
    expect(present(single).result).toMatchObject({ outcome: 'sealed' });
    const [toAllSent] = await send(alice, [toAll], [bundle, dave.bundle()]);
    const envelopes = envelopesOf([present(toAllSent), present(single)]);
    expect(await carol.open(present(envelopes[3]))).toMatchObject({ outcome: 'opened', content: { text: 'alone' } });
    for (const [index, party] of [carol, bob, dave].entries()) {
      expect(await party.open(present(envelopes[index]))).toMatchObject({ content: { text: 'to all' } });
    }
  });

  it('takes a bundle that libsignal refuses for none, should it be stricter than the verification', async () => {
    const bundle = bob.bundle();
    const { kyberPreKey } = bob.bundle();
    const mixed: PreKeyBundle = Object.assign(Object.create(PreKeyBundle.prototype), bundle, {
      kyberPreKey: { ...kyberPreKey, signature: bundle.kyberPreKey.signature },
    });
    const before = alice.state.hash();
    const [sent] = await send(alice, [alice.messageFor(bob, 'x')], [mixed]);
    expect(present(sent).result).toEqual({ outcome: 'sessionsMissing', deviceIds: [bob.deviceId] });
    alice.state.rows.delete('sessionsMissing');
    expect(alice.state.hash()).toBe(before);
  });

  it('stops where a session in the store belongs to another device', async () => {
    const carol = new TestParty(server);
    await alice.seal(carol, 'begin');
    const unit = UnitOfWork.begin(alice.state);
    unit.saveSession(bob.deviceId, present(unit.loadSession(carol.deviceId)));
    unit.flush(() => undefined);
    await expect(send(alice, [alice.messageFor(bob, 'for bob alone')])).rejects.toThrow('untrustedIdentity');
  });

  it('tells the registration id that the peer has', async () => {
    const [sent] = await send(alice, [alice.messageFor(bob, 'x')], [bob.bundle()]);
    expect(present(sent).result).toMatchObject({
      copies: [{ deviceId: bob.deviceId, registrationId: bob.identity.registrationId }],
      expiresAt: server.clock.now() + DAY_MS,
    });
  });

  it('does not seal with a certificate that has expired, whatever the state', async () => {
    const certificate = server.certificateFor(alice.identity);
    server.clock.advance(DAY_MS);
    const before = alice.state.hash();
    const [sent] = await alice.messenger.send([alice.messageFor(bob, 'late')], {
      certificate,
      bundles: [bob.bundle()],
      commit: () => undefined,
    });
    expect(present(sent).result).toEqual({ outcome: 'certificateExpired' });
    expect(alice.state.hash()).toBe(before);
  });

  it('leaves a session alone that its peer has not answered for 30 days, and begins another', async () => {
    await alice.seal(bob, 'unanswered');
    server.clock.advance(31 * DAY_MS);
    const [sent] = await send(alice, [alice.messageFor(bob, 'again')]);
    expect(present(sent).result).toEqual({ outcome: 'sessionsMissing', deviceIds: [bob.deviceId] });
    expect(await bob.open(await alice.seal(bob, 'again'))).toMatchObject({ outcome: 'opened' });
    server.clock.advance(31 * DAY_MS);
    await alice.open(await bob.seal(alice, 'answer'));
    server.clock.advance(31 * DAY_MS);
    expect(present((await send(alice, [alice.messageFor(bob, 'answered')]))[0]).result.outcome).toBe('sealed');
  });

  it.each(['begin', 'changes', 'effects'] as CommitPoint[])(
    'leaves every table as it was when the commit fails at %s, and the retry works',
    async (point) => {
      const bundle = bob.bundle();
      const before = alice.state.hash();
      alice.state.failNextCommit(point);
      await expect(send(alice, [alice.messageFor(bob, 'x')], [bundle])).rejects.toThrow(InjectedFailure);
      expect(alice.state.hash()).toBe(before);
      const [envelope] = envelopesOf(await send(alice, [alice.messageFor(bob, 'x')], [bundle]));
      expect(await bob.open(present(envelope))).toMatchObject({ outcome: 'opened' });
    },
  );

  it('reports an error of the store as itself at every single read', async () => {
    const bundle = bob.bundle();
    const probe = alice.state;
    alice.restart();
    await send(alice, [alice.messageFor(bob, 'x')], [bundle]);
    const { reads } = alice.state;
    for (let read = 0; read < reads; read += 1) {
      alice.state = probe;
      alice.restart();
      alice.state.failReadAfter(read);
      await expect(send(alice, [alice.messageFor(bob, 'x')], [bundle])).rejects.toThrow(InjectedFailure);
      expect(alice.state.hash()).toBe(probe.hash());
    }
  });
});

describe('sessions', () => {
  it('an archived one still opens what is on its way, and the next message begins another', async () => {
    await bob.open(await alice.seal(bob, 'begin'));
    await alice.open(await bob.seal(alice, 'begun'));
    const onItsWay = await bob.seal(alice, 'on its way');
    let archived = 0;
    await alice.messenger.archiveSessions([bob.deviceId, alice.deviceId], () => (archived += 1));
    expect(archived).toBe(1);
    const [sent] = await send(alice, [alice.messageFor(bob, 'x')]);
    expect(present(sent).result).toEqual({ outcome: 'sessionsMissing', deviceIds: [bob.deviceId] });
    expect(await alice.open(onItsWay)).toMatchObject({ outcome: 'opened' });
    expect(await bob.open(await alice.seal(bob, 'anew'))).toMatchObject({ outcome: 'opened' });
    expect(await alice.open(await bob.seal(alice, 'and back'))).toMatchObject({ outcome: 'opened' });
  });

  it('a deleted one opens nothing any more, and says which', async () => {
    await bob.open(await alice.seal(bob, 'begin'));
    await alice.open(await bob.seal(alice, 'begun'));
    const late = await alice.seal(bob, 'late');
    await bob.messenger.deleteSessions([alice.deviceId], () => undefined);
    expect(bob.state.counts.sessions).toBe(0);
    expect(await bob.open(late)).toEqual({
      outcome: 'undecryptable',
      sender: alice.deviceId,
      reason: 'invalid',
      contentHint: 'resendable',
    });
  });

  it('keep as they were where the effects fail', async () => {
    await bob.open(await alice.seal(bob, 'begin'));
    const before = bob.state.hash();
    const failing = () => {
      throw new InjectedFailure('effects');
    };
    await expect(bob.messenger.archiveSessions([alice.deviceId], failing)).rejects.toThrow(InjectedFailure);
    await expect(bob.messenger.deleteSessions([alice.deviceId], failing)).rejects.toThrow(InjectedFailure);
    expect(bob.state.hash()).toBe(before);
  });
});
