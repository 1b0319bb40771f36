import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { encodeContent, paddedLength, type Body, type Header } from '@sotto/protocol/content';
import { idBytes, parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import { aWhile } from '../net/testing/eventually.js';
import { Forger } from '../testing/forger.js';
import { newAccountId, newDeviceId, newEnvelopeId, newMessageId } from '../testing/known-values.js';
import { people } from '../testing/people.js';
import type { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

const text = (body: string): Body => ({ kind: 'text', body });

const pad = (content: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(paddedLength(content.length));
  padded.set(content);
  padded[content.length] = 0x80;
  return padded;
};

/** Everything of the database that a refused envelope must leave as it was. */
const stateOf = (client: TestClient): string =>
  JSON.stringify(
    ['session', 'pre_key', 'kyber_pre_key', 'replay_mark', 'chat', 'message', 'receipt_due', 'outbox_job'].map(
      (table) => client.database.all(`SELECT * FROM ${table}`),
    ),
  );

const reasons = (client: TestClient) =>
  client.database.all('SELECT reason FROM set_aside ORDER BY rowid').map((row) => row['reason']);

/** Alice and Bob talk; Mallory is known to Bob as a stranger who has written once. */
const cast = async () => {
  const { alice, bob, mallory, server } = await people('alice', 'bob', 'mallory');
  await alice.meet(bob);
  await alice.says(bob, 'hello');
  await bob.says(alice, 'hello yourself');
  await mallory.meet(bob);
  await mallory.says(bob, 'I am a stranger');
  await until(() => alice.inState(bob, 'delivered') === 1 && bob.inState(alice, 'delivered') === 1);
  return { alice, bob, mallory, server, forger: new Forger(mallory) };
};

describe('content whose header does not fit', () => {
  type Bend = (parts: { alice: TestClient; bob: TestClient; mallory: TestClient }) => Partial<Header>;
  it.each<[string, Bend, string]>([
    ['names another sender account', ({ alice }) => ({ senderAccount: alice.accountId }), 'unlistedDevice'],
    [
      'names another sender account and its device',
      ({ alice }) => ({ senderAccount: alice.accountId, senderDevice: alice.deviceId }),
      'misaddressed',
    ],
    ['names another sender device', ({ alice }) => ({ senderDevice: alice.deviceId }), 'misaddressed'],
    ['names a device that nobody has', () => ({ senderDevice: newDeviceId() }), 'misaddressed'],
    ['names an account that nobody has', () => ({ senderAccount: newAccountId() }), 'unlistedDevice'],
    ['names another recipient', ({ alice }) => ({ recipientAccount: alice.accountId }), 'misaddressed'],
    ['names another recipient device', ({ alice }) => ({ recipientDevice: alice.deviceId }), 'misaddressed'],
    ['claims to come from the recipient', ({ bob }) => ({ senderAccount: bob.accountId }), 'malformed'],
  ])('that %s is set aside, and nothing else changes', async (_, bend, reason) => {
    const parts = await cast();
    const { bob, forger } = parts;
    const before = stateOf(bob);
    await forger.send(bob, text('forged'), bend(parts));
    await until(() => bob.messaging.setAside === 1);
    expect(reasons(bob)).toEqual([reason]);
    expect(stateOf(bob)).toBe(before);
  });

  it('leaves the session good for what the same device says honestly', async () => {
    const { alice, bob, mallory, forger } = await cast();
    await forger.send(bob, text('forged'), { senderAccount: alice.accountId });
    await until(() => bob.messaging.setAside === 1);
    await mallory.says(bob, 'honest');
    expect(bob.texts(mallory)).toEqual(['I am a stranger', 'honest']);
  });
});

describe('a plaintext that is no content', () => {
  it.each<[string, (forger: Forger, bob: TestClient) => Uint8Array]>([
    ['is empty but for its padding', () => Uint8Array.from([0x80, ...new Uint8Array(159)])],
    ['has no padding', () => new Uint8Array(160).fill(1)],
    ['is cut short', (forger, bob) => encodeContent({ header: forger.header(bob), body: text('x') }).subarray(0, 150)],
    [
      'has more padding than it should',
      (forger, bob) => {
        const encoded = encodeContent({ header: forger.header(bob), body: text('x') });
        return Uint8Array.from([...encoded, ...new Uint8Array(160)]);
      },
    ],
  ])('because it %s is set aside, and nothing else changes', async (_, make) => {
    const { bob, forger } = await cast();
    const before = stateOf(bob);
    await forger.sendBytes(bob, make(forger, bob));
    await until(() => bob.messaging.setAside === 1);
    expect(reasons(bob)).toEqual(['malformed']);
    expect(stateOf(bob)).toBe(before);
  });

  it('is as much refused where a text is longer than a text may be', async () => {
    const { bob, forger } = await cast();
    // Encoded by hand: our own encoder refuses it.
    const honest = encodeContent({ header: forger.header(bob), body: text('a'.repeat(5_000)) });
    const end = honest.lastIndexOf(0x80);
    const body = honest.subarray(0, end);
    const tooLong = Uint8Array.from([...body.subarray(0, body.length - 5_003 - 3)]);
    expect(tooLong.length).toBeLessThan(body.length);
    const field = (number: number, bytes: Uint8Array) => {
      const length = bytes.length;
      const varint = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
      return [(number << 3) | 2, ...varint, ...bytes];
    };
    const giant = field(2, Uint8Array.from(field(1, new Uint8Array(5_001).fill(0x61))));
    await forger.sendBytes(bob, pad(Uint8Array.from([...tooLong, ...giant])));
    await until(() => bob.messaging.setAside === 1);
    expect(reasons(bob)).toEqual(['malformed']);
  });
});

describe('an envelope that does not open', () => {
  it('is kept with every bit flipped or every byte cut off, and the next good one opens', async () => {
    const { bob, mallory, forger, server } = await cast();
    const { ciphertext } = await forger.seal(bob, encodeContent({ header: forger.header(bob), body: text('sealed') }));
    const before = stateOf(bob);
    const broken: Uint8Array[] = [new Uint8Array(), ciphertext.subarray(0, 1), ciphertext.subarray(0, 40)];
    for (let at = 0; at < ciphertext.length; at += Math.ceil(ciphertext.length / 60)) {
      const flipped = new Uint8Array(ciphertext);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      broken.push(flipped);
    }
    for (const bytes of broken) {
      server.plant(bob.deviceId, {
        envelopeId: newEnvelopeId(),
        kind: 'sealed',
        ciphertext: new Uint8Array(bytes),
        serverTime: server.now(),
      });
    }
    await until(() => bob.messaging.setAside === broken.length);
    expect(stateOf(bob)).toBe(before);
    expect(bob.database.get('SELECT count(*) AS count FROM inbox')).toEqual({ count: 0 });
    await until(() => server.mailbox(bob.deviceId).size === 0);
    await mallory.says(bob, 'good');
  });

  it('is kept where its kind is one of the future', async () => {
    const { bob, server } = await cast();
    server.plant(bob.deviceId, {
      envelopeId: newEnvelopeId(),
      kind: 'unknown',
      ciphertext: new Uint8Array([1, 2, 3]),
      serverTime: server.now(),
    });
    await until(() => bob.messaging.setAside === 1 && server.mailbox(bob.deviceId).size === 0);
    expect(reasons(bob)).toEqual(['unknownKind']);
  });

  it('is kept where the sender certificate had run out when the server took it', async () => {
    const { bob, forger, server } = await cast();
    const plaintext = encodeContent({ header: forger.header(bob), body: text('late') });
    const expiresAt = (server.now() + 1_000) as UnixMs;
    const { ciphertext } = await forger.seal(bob, plaintext, expiresAt);
    server.advance(2_000);
    server.plant(bob.deviceId, {
      envelopeId: newEnvelopeId(),
      kind: 'sealed',
      ciphertext: new Uint8Array(ciphertext),
      serverTime: server.now(),
    });
    await until(() => bob.messaging.setAside === 1);
    expect(reasons(bob)).toEqual(['unauthentic']);
  });

  it('is set aside for somebody to whom it was not sealed', async () => {
    const { alice, bob, forger, server } = await cast();
    const { ciphertext } = await forger.seal(bob, encodeContent({ header: forger.header(bob), body: text('for bob') }));
    server.plant(alice.deviceId, {
      envelopeId: newEnvelopeId(),
      kind: 'sealed',
      ciphertext: new Uint8Array(ciphertext),
      serverTime: server.now(),
    });
    await until(() => alice.messaging.setAside === 1);
    expect(reasons(alice)).toEqual(['unauthentic']);
  });

  it('is passed over where it is a replay under another envelope id, in its session and after it', async () => {
    const { bob, mallory, forger, server } = await cast();
    const { ciphertext } = await forger.seal(bob, encodeContent({ header: forger.header(bob), body: text('once') }));
    const plant = () =>
      server.plant(bob.deviceId, {
        envelopeId: newEnvelopeId(),
        kind: 'sealed',
        ciphertext: new Uint8Array(ciphertext),
        serverTime: server.now(),
      });
    plant();
    await until(() => bob.received(mallory) === 2);
    for (let count = 0; count < 3; count += 1) plant();
    await until(() => server.mailbox(bob.deviceId).size === 0);
    await until(() => bob.database.get('SELECT 1 FROM inbox') === undefined);
    expect(bob.received(mallory)).toBe(2);
    expect(bob.messaging.setAside).toBe(0);
    bob.database.run('DELETE FROM session');
    plant();
    await until(() => bob.messaging.setAside === 1);
    expect(bob.received(mallory)).toBe(2);
  });
});

describe('what only own devices may say', () => {
  const blockAlice = ({ alice }: { alice: TestClient }): Body => ({
    kind: 'sync',
    sync: {
      kind: 'contact',
      accountId: alice.accountId,
      username: alice.record.username,
      standing: 'blocked',
      profileKey: undefined,
      setAt: parseUnixMs(8e15)!,
    },
  });

  it.each<[string, (parts: { bob: TestClient }) => Partial<Header>, string]>([
    ['a stranger under their own name', () => ({}), 'malformed'],
    ['a stranger under the name of the account', ({ bob }) => ({ senderAccount: bob.accountId }), 'unlistedDevice'],
    [
      'a stranger under the name of the very device',
      ({ bob }) => ({ senderAccount: bob.accountId, senderDevice: bob.deviceId }),
      'misaddressed',
    ],
  ])('is not believed of %s', async (_, bend, reason) => {
    const parts = await cast();
    const { bob, forger } = parts;
    const before = stateOf(bob);
    await forger.send(bob, blockAlice(parts), bend(parts));
    await until(() => bob.messaging.setAside === 1);
    expect(reasons(bob)).toEqual([reason]);
    expect(stateOf(bob)).toBe(before);
    expect(bob.chat(parts.alice)?.blocked).toBe(false);
  });
});

describe('what a peer may not do', () => {
  it('is to change a message by sending its id again: the first one stays', async () => {
    const { bob, mallory, forger } = await cast();
    const messageId = newMessageId();
    await forger.send(bob, text('first'), { messageId });
    await until(() => bob.received(mallory) === 2);
    await forger.send(bob, text('second'), { messageId });
    await forger.send(bob, text('third'));
    await until(() => bob.received(mallory) === 3);
    expect(bob.texts(mallory)).toEqual(['I am a stranger', 'first', 'third']);
    expect(bob.messaging.setAside).toBe(0);
  });

  it('is to take the id of a message that another person has sent', async () => {
    const { alice, bob, mallory, forger } = await cast();
    const [theirs] = bob.messages(alice);
    if (theirs === undefined) throw new Error('no message');
    await forger.send(bob, text('mine now'), { messageId: theirs.messageId });
    await until(() => bob.received(mallory) === 2);
    expect(bob.texts(alice)).toEqual(['hello', 'hello yourself']);
    expect(bob.texts(mallory)).toContain('mine now');
  });

  it('is to use the id of one of our own messages', async () => {
    const { bob, mallory, forger } = await cast();
    const own = await bob.says(mallory, 'what do you want');
    await forger.send(bob, text('confusing'), { messageId: own });
    await forger.send(bob, text('after it'));
    await until(() => bob.received(mallory) === 2);
    expect(bob.texts(mallory).toSorted()).toEqual(['I am a stranger', 'after it', 'what do you want']);
  });

  it('is to acknowledge what somebody else has received', async () => {
    const { alice, bob, mallory, forger, server } = await cast();
    bob.connection.cut();
    alice.connection.cut();
    const unsent = alice.send(bob, 'not yet there');
    bob.connection.mend();
    alice.connection.mend();
    await until(() => bob.received(alice) === 2);
    bob.send(alice, 'to alice');
    const toAlice = bob.messages(alice).at(-1)?.messageId;
    if (toAlice === undefined) throw new Error('no message');
    await until(() => bob.inState(alice, 'waiting') === 0);
    const before = bob.delivery(alice, toAlice);
    await forger.send(bob, {
      kind: 'receipt',
      state: 'read',
      messageIds: [toAlice, unsent, newMessageId()],
      at: server.now(),
    });
    await until(() => server.mailbox(bob.deviceId).size === 0 && bob.database.get('SELECT 1 FROM inbox') === undefined);
    expect(bob.delivery(alice, toAlice)).not.toBe('read');
    expect(['sent', 'delivered']).toContain(before);
    expect(bob.messaging.setAside).toBe(0);
    expect(mallory.messaging.setAside).toBe(0);
  });

  it('is to learn anything before being accepted: no receipt, no profile key', async () => {
    const { bob, mallory, server } = await cast();
    bob.messaging.chats.markRead(mallory.accountId, bob.messages(mallory)[0]?.messageId ?? newMessageId());
    bob.clock.advance(10_000);
    await aWhile();
    expect(mallory.inState(bob, 'sent')).toBe(1);
    expect(server.relayed.filter(({ recipient }) => recipient === mallory.accountId)).toEqual([]);
    bob.messaging.chats.accept(mallory.accountId);
    bob.clock.advance(10_000);
    await until(() => mallory.inState(bob, 'read') === 1);
  });

  it('is to make a chat appear by a receipt or a greeting alone', async () => {
    const { alice, mallory, server } = await cast();
    const forger = new Forger(mallory);
    await forger.send(alice, { kind: 'hello' });
    await forger.send(alice, { kind: 'receipt', state: 'read', messageIds: [newMessageId()], at: server.now() });
    await until(
      () => server.mailbox(alice.deviceId).size === 0 && alice.database.get('SELECT 1 FROM inbox') === undefined,
    );
    expect(alice.chat(mallory)).toBeUndefined();
    expect(alice.messaging.setAside).toBe(0);
  });
});

describe('content of a newer version', () => {
  it('is kept and shown as such, and read once its kind is known', async () => {
    const { bob, mallory, forger } = await cast();
    const honest = encodeContent({ header: forger.header(bob), body: { kind: 'hello' } });
    const end = honest.lastIndexOf(0x80);
    // Field 4, the greeting, becomes field 900, which nobody knows yet.
    await forger.sendBytes(bob, pad(Uint8Array.from([...honest.subarray(0, end - 2), 0xa2, 0x38, 0x02, 0x08, 0x01])));
    await until(() => bob.received(mallory) === 2);
    expect(bob.messages(mallory).at(-1)?.body).toEqual({ kind: 'unknown' });
    expect(bob.chat(mallory)).toMatchObject({ unread: 2, lastMessage: { body: { kind: 'unknown' } } });
    // An update teaches the kind: here, by putting a text into the kept bytes.
    const known = encodeContent({ header: forger.header(bob), body: text('readable now') });
    const kept = known.subarray(0, known.lastIndexOf(0x80));
    bob.database.run('UPDATE message SET encoded = ? WHERE encoded IS NOT NULL', [new Uint8Array(kept)]);
    await bob.restart();
    expect(bob.texts(mallory)).toEqual(['I am a stranger', 'readable now']);
  });
});

describe('the database file', () => {
  it('holds nothing of what was said, nor who said it, nor any key', async () => {
    const { alice, bob } = await cast();
    await alice.says(bob, 'CANARY-message-canary');
    bob.messaging.chats.saveDraft(alice.accountId, 'CANARY-draft-canary');
    const needles = [
      'CANARY',
      'alice',
      bob.record.keys.identityKeyPair,
      bob.record.keys.profileKey,
      idBytes(alice.accountId),
    ];
    const files = ['sotto.db', 'sotto.db-wal'].map((name) => readFileSync(join(bob.folder, name)));
    for (const needle of needles) {
      for (const file of files) expect(file.includes(Buffer.from(needle as string))).toBe(false);
    }
    // The search finds what is there: the same bytes, unencrypted, in memory.
    const row = bob.database.get("SELECT text FROM message WHERE text LIKE 'CANARY%'");
    expect(Buffer.from(String(row?.['text'])).includes('CANARY')).toBe(true);
    expect(files.every((file) => file.length > 4_096)).toBe(true);
  });
});
