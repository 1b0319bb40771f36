import { describe, expect, it, jest } from '@jest/globals';
import { idBytes } from '@sotto/protocol/ids';
import type { ServerFrameBody } from '@sotto/protocol/wire';
import { aWhile } from '../net/testing/eventually.js';
import { acquainted, people } from '../testing/people.js';
import type { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

const failure = (code: ServerFrameBody & { type: 'failure' } extends { code: infer C } ? C : never, retryAfterMs = 0) =>
  ({ type: 'failure', code, message: 'no', errorId: 'test', retryAfterMs }) as const;

const failureOf = (client: TestClient, other: TestClient) => client.messages(other).at(-1)?.delivery;

/** Keeps moving the client's clock, so that whatever waits for a while comes to its turn. */
const patiently = async (client: TestClient, look: () => boolean): Promise<void> => {
  await until(() => {
    client.clock.advance(1_000);
    return look();
  });
};

describe('devices that are not what they were', () => {
  it('are met anew where the server calls the session stale', async () => {
    const { alice, bob, server } = await acquainted();
    server.refuseSend = () => {
      server.refuseSend = () => undefined;
      return { type: 'mismatchedDevices', missing: [], extra: [], stale: [bob.deviceId] };
    };
    const claims = () => server.calls.filter((name) => name === 'claimPreKeys').length;
    const before = claims();
    for (const text of ['one', 'two', 'three']) alice.send(bob, text);
    await until(() => bob.received(alice) === 4);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(['one', 'two', 'three']);
    expect(claims()).toBe(before + 1);
    await bob.says(alice, 'back');
    expect([alice.messaging.setAside, bob.messaging.setAside]).toEqual([0, 0]);
  });

  it('are only those that were sent to: the server has no say in sessions with others', async () => {
    const { alice, bob, carol, server } = await people('alice', 'bob', 'carol');
    await alice.meet(bob);
    await alice.meet(carol);
    await alice.says(carol, 'hello');
    const sessionWith = (other: TestClient) =>
      alice.database.get('SELECT hex(record) AS record FROM session WHERE device_id = ?', [idBytes(other.deviceId)]);
    const before = sessionWith(carol);
    server.refuseSend = () => {
      server.refuseSend = () => undefined;
      return { type: 'mismatchedDevices', missing: [], extra: [carol.deviceId], stale: [carol.deviceId] };
    };
    await alice.says(bob, 'hello');
    expect(before).toBeDefined();
    expect(sessionWith(carol)).toEqual(before);
  });

  it('are fetched, not believed: a server that keeps naming others gets nothing, and the person is told', async () => {
    const { alice, bob, server } = await acquainted();
    let asked = 0;
    server.refuseSend = () => {
      asked += 1;
      return { type: 'mismatchedDevices', missing: [alice.deviceId], extra: [bob.deviceId], stale: [] };
    };
    alice.send(bob, 'never to others');
    await patiently(alice, () => failureOf(alice, bob)?.state === 'failed');
    expect(failureOf(alice, bob)).toEqual({ state: 'failed', reason: 'deviceTrouble' });
    expect(asked).toBe(6);
    server.refuseSend = () => undefined;
    await alice.says(bob, 'afterwards');
    expect(bob.texts(alice, 'peer')).toEqual(['hello', 'afterwards']);
  });

  it('that come without a usable bundle are asked for again, and given up after a while', async () => {
    const { alice, bob, server } = await people('alice', 'bob');
    server.bendBundle = (bundle) => ({
      ...bundle,
      signedPreKey: { ...bundle.signedPreKey, signature: new Uint8Array(64) },
    });
    await alice.meet(bob);
    alice.send(bob, 'one');
    alice.send(bob, 'two');
    await patiently(alice, () => alice.inState(bob, 'failed') === 2);
    expect(alice.messages(bob).map(({ delivery }) => delivery)).toEqual([
      { state: 'failed', reason: 'deviceTrouble' },
      { state: 'failed', reason: 'deviceTrouble' },
    ]);
    expect(alice.database.get('SELECT 1 FROM session')).toBeUndefined();
    server.bendBundle = (bundle) => bundle;
    const [one] = alice.messages(bob);
    if (one === undefined) throw new Error('no message');
    expect(alice.messaging.chats.retry(one.messageId)).toMatchObject({ delivery: { state: 'waiting' } });
    await until(() => bob.received(alice) === 1);
    expect(bob.texts(alice)).toEqual(['one']);
  });

  it('of a server that hands out bundles of somebody else are not encrypted to', async () => {
    const { alice, bob, mallory, server } = await people('alice', 'bob', 'mallory');
    const theirs = server.device(mallory.deviceId);
    server.bendBundle = (bundle) => ({ ...bundle, identityKey: theirs.identityKey });
    await alice.meet(bob);
    alice.send(bob, 'secret');
    await patiently(alice, () => alice.inState(bob, 'failed') === 1);
    expect(server.relayed).toEqual([]);
  });
});

describe('a session that no longer decrypts', () => {
  it('because the profile was restored from an older copy is begun anew by the next message', async () => {
    const { alice, bob } = await acquainted();
    const goBack = bob.copy();
    for (const text of ['one', 'two', 'three']) {
      await alice.says(bob, text);
      await bob.says(alice, `${text} indeed`);
    }
    await goBack();
    alice.send(bob, 'too new for you');
    await until(() => bob.messaging.setAside === 1);
    await bob.says(alice, 'I have come from a copy');
    await alice.says(bob, 'welcome back');
    await bob.says(alice, 'thank you');
    expect(alice.texts(bob, 'peer').slice(-2)).toEqual(['I have come from a copy', 'thank you']);
    expect(bob.messaging.setAside).toBe(1);
  });
});

describe('a refusal of the server', () => {
  it('for good fails the message, says why, and lets the next one through', async () => {
    const { alice, bob, server } = await acquainted();
    const reasons = [];
    for (const [code, reason] of [
      ['unknownRecipient', 'recipientGone'],
      ['payloadTooLarge', 'refused'],
      ['badRequest', 'refused'],
    ] as const) {
      server.refuseSend = () => failure(code);
      alice.send(bob, code);
      await until(() => failureOf(alice, bob)?.state === 'failed');
      reasons.push([failureOf(alice, bob), reason]);
    }
    for (const [delivery, reason] of reasons) expect(delivery).toEqual({ state: 'failed', reason });
    server.refuseSend = () => undefined;
    await alice.says(bob, 'after');
    expect(bob.texts(alice, 'peer')).toEqual(['hello', 'after']);
  });

  it.each(['rateLimited', 'mailboxFull', 'serverBusy', 'internal'] as const)(
    'with %s makes everything behind it wait its time, in order',
    async (code) => {
      const { alice, bob, server } = await acquainted();
      server.refuseSend = () => failure(code, code === 'rateLimited' ? 5_000 : 0);
      alice.send(bob, 'one');
      alice.send(bob, 'two');
      await until(() => alice.log.includes('outbox.held'));
      server.refuseSend = () => undefined;
      if (code === 'rateLimited') {
        alice.clock.advance(4_000);
        await aWhile();
        expect(bob.received(alice)).toBe(1);
      }
      await patiently(alice, () => bob.received(alice) === 3);
      expect(bob.texts(alice, 'peer').slice(1)).toEqual(['one', 'two']);
    },
  );

  it('that comes and goes never reorders or loses what is behind it', async () => {
    const { alice, bob, server } = await acquainted();
    let count = 0;
    server.refuseSend = () => {
      count += 1;
      return count % 5 === 0 ? failure('internal') : undefined;
    };
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    for (const text of texts) alice.send(bob, text);
    await patiently(alice, () => bob.received(alice) === 41);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(texts);
  });
});

describe('the anonymous way', () => {
  it('is taken as soon as the other has given their profile key, for claims too', async () => {
    const { alice, bob, server } = await people('alice', 'bob');
    await alice.meet(bob);
    await alice.says(bob, 'first contact');
    await bob.says(alice, 'reply');
    await alice.hasState(bob, 'delivered');
    const ways = server.relayed.map(({ recipient, anonymous }) => [
      recipient === bob.accountId ? 'to bob' : 'to alice',
      anonymous,
    ]);
    expect(ways[0]).toEqual(['to bob', false]);
    // Alice's first message carried her key, so nothing that Bob ever sent says who he is.
    expect(ways.filter(([to]) => to === 'to alice').every(([, anonymous]) => anonymous)).toBe(true);
    await alice.says(bob, 'known now');
    expect(server.relayed.at(-1)?.anonymous).toBe(true);
  });

  it('is left for the authenticated one where the server refuses the key, until another key comes', async () => {
    const { alice, bob, server } = await acquainted();
    const account = server.accounts.get(bob.accountId);
    if (account === undefined) throw new Error('no account');
    const { verifiers } = account;
    const before = server.relayed.length;
    account.verifiers = [new Uint8Array(32)];
    await alice.says(bob, 'one');
    await alice.says(bob, 'two');
    expect(server.relayed.slice(before).filter(({ recipient }) => recipient === bob.accountId)).toMatchObject([
      { anonymous: false },
      { anonymous: false },
    ]);
    account.verifiers = verifiers;
    alice.database.run('UPDATE chat SET profile_key = ?', [new Uint8Array(32).fill(9)]);
    await bob.says(alice, 'here is my key again');
    await alice.says(bob, 'three');
    expect(server.relayed.filter(({ recipient }) => recipient === bob.accountId).at(-1)?.anonymous).toBe(true);
  });

  it('is not taken by strangers, and a stranger is given no key', async () => {
    const { alice, bob, server } = await people('alice', 'bob');
    await alice.meet(bob);
    await alice.says(bob, 'one');
    await alice.says(bob, 'two');
    expect(server.relayed.map(({ anonymous }) => anonymous)).toEqual([false, false]);
    expect(alice.database.get('SELECT profile_key FROM chat')).toEqual({ profile_key: null });
  });
});
