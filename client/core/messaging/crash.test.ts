import { describe, expect, it, jest } from '@jest/globals';
import type { JourneyPoint } from '../log.js';
import { acquainted } from '../testing/people.js';
import type { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(120_000);

const SENDER_POINTS: readonly JourneyPoint[] = [
  'journey.2.storing',
  'journey.2.stored',
  'journey.3.encrypting',
  'journey.3.committing',
  'journey.3.encrypted',
  'journey.4.sending',
  'journey.4.accepted',
  'journey.4.recording',
  'journey.4.recorded',
];
const RECEIVER_POINTS: readonly JourneyPoint[] = [
  'journey.5.storing',
  'journey.5.committing',
  'journey.5.stored',
  'journey.5.acknowledged',
  'journey.6.opening',
  'journey.6.committing',
  'journey.6.opened',
];

/** Makes the client end, as `kill -9` would, the next time that it passes a point. Resolves once it is back. */
const crashAt = (client: TestClient, point: JourneyPoint): Promise<void> =>
  new Promise((resolve, reject) => {
    client.onLog = (event) => {
      if (event !== point) return;
      client.onLog = () => undefined;
      const revive = client.crash();
      // Not from inside of the work that has just died.
      setImmediate(() => void revive().then(resolve, reject));
    };
  });

const numbered = (from: number, count: number) => Array.from({ length: count }, (_, index) => `text ${from + index}`);

describe('a crash of the sender', () => {
  it.each(SENDER_POINTS)('at %s loses and doubles nothing', async (point) => {
    const { alice, bob, server } = await acquainted();
    for (let round = 0; round < 3; round += 1) {
      const texts = numbered(round * 4, 4);
      const revived = crashAt(alice, point);
      const shown = texts.map((text) => ({ text, id: alice.send(bob, text) }));
      await revived;
      // What the person was told to be stored is stored; what they were not told, they write again under the same id.
      for (const { text, id } of shown) alice.send(bob, text, id);
      await until(() => bob.received(alice) === 1 + (round + 1) * 4);
      await until(() => alice.inState(bob, 'waiting') === 0);
    }
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(0, 12));
    expect(alice.texts(bob, 'self').slice(1)).toEqual(numbered(0, 12));
    expect(bob.messaging.setAside).toBe(0);
    await bob.says(alice, 'answer');
    const ids = server.relayed.map(({ envelope }) => envelope.envelopeId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a crash of the receiver', () => {
  it.each(RECEIVER_POINTS)('at %s loses and doubles nothing', async (point) => {
    const { alice, bob, server } = await acquainted();
    for (let round = 0; round < 3; round += 1) {
      const revived = crashAt(bob, point);
      for (const text of numbered(round * 4, 4)) alice.send(bob, text);
      await revived;
      await until(() => bob.received(alice) === 1 + (round + 1) * 4);
    }
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(0, 12));
    expect(bob.messaging.setAside).toBe(0);
    await until(() => server.mailbox(bob.deviceId).size === 0);
    await bob.says(alice, 'answer');
    await alice.says(bob, 'and on');
    bob.clock.advance(3_000);
    await until(() => alice.inState(bob, 'delivered') === 14);
  });
});

describe('a crash at the first message of a session', () => {
  it.each(['journey.6.opening', 'journey.6.committing', 'journey.6.opened'] as const)(
    'at %s uses each prekey once and loses nothing',
    async (point) => {
      const { alice, bob } = await acquainted();
      // Both sides forget: the next message begins a new session from Bob's prekeys.
      alice.database.run('DELETE FROM session');
      const left = () => Number(bob.database.get('SELECT count(*) AS count FROM pre_key')?.['count']);
      const before = left();
      const revived = crashAt(bob, point);
      alice.send(bob, 'first');
      await revived;
      await until(() => bob.received(alice) === 2);
      expect(left()).toBe(before - 1);
      expect(bob.messaging.setAside).toBe(0);
      await bob.says(alice, 'answer');
    },
  );
});
