import { describe, expect, it, jest } from '@jest/globals';
import type { SendFault } from '../testing/fake-connection.js';
import { acquainted } from '../testing/people.js';
import type { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(120_000);

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);

const sendAll = async (from: TestClient, to: TestClient, count: number): Promise<void> => {
  for (const text of numbered(count)) from.send(to, text);
  await until(() => to.received(from) === count + 1);
  await until(() => from.inState(to, 'waiting') === 0);
};

/** Numbers that look like chance and are the same every time. */
const chance = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const shuffled = <T>(items: readonly T[], draw: (below: number) => number): T[] => {
  const left = [...items];
  return items.map(() => left.splice(draw(left.length), 1)[0] as T);
};

describe('a bad network', () => {
  it.each<[string, SendFault]>([
    ['requests', 'requestLost'],
    ['answers', 'answerLost'],
  ])('that loses %s loses and doubles nothing, and keeps the order', async (_, fault) => {
    const { alice, bob } = await acquainted();
    alice.connection.sendFault = (number) => (number % 7 === 0 ? fault : 'none');
    await sendAll(alice, bob, 40);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(40));
  });

  it('sends the same envelope again after a lost answer, not another one', async () => {
    const { alice, bob, server } = await acquainted();
    const before = server.relayed.length;
    let lost = 0;
    alice.connection.sendFault = () => {
      lost += 1;
      return lost <= 3 ? 'answerLost' : 'none';
    };
    await alice.says(bob, 'once');
    await alice.hasState(bob, 'sent');
    const stored = server.relayed.slice(before).filter(({ recipient }) => recipient === bob.accountId);
    expect(stored).toHaveLength(1);
    expect(lost).toBeGreaterThanOrEqual(4);
  });

  it('that delivers double, shuffled and only a part shows each message once, in order', async () => {
    const { alice, bob } = await acquainted();
    const draw = chance(5);
    bob.connection.cut();
    for (const text of numbered(80)) alice.send(bob, text);
    await until(() => alice.inState(bob, 'waiting') === 0);
    bob.connection.bendDelivery = (envelopes) =>
      shuffled([...envelopes, ...envelopes.filter(() => draw(3) === 0)], draw).filter(() => draw(4) !== 0);
    bob.connection.mend();
    // What was dropped was not acknowledged, so the next connection brings it.
    await until(() => {
      if (bob.connection.state.state === 'online' && bob.received(alice) < 81) {
        bob.connection.cut();
        bob.connection.mend();
      }
      return bob.received(alice) === 81;
    });
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(80));
    expect(bob.messaging.setAside).toBe(0);
  });

  it('that loses acknowledgements brings everything again, and nothing is shown twice or set aside', async () => {
    const { alice, bob, server } = await acquainted();
    bob.connection.loseAcknowledgements = true;
    await sendAll(alice, bob, 20);
    await bob.restart();
    await alice.says(bob, 'after');
    expect(bob.texts(alice, 'peer')).toEqual(['hello', ...numbered(20), 'after']);
    expect(bob.messaging.setAside).toBe(0);
    await until(() => server.mailbox(bob.deviceId).size === 0);
  });

  it('that breaks all the time on both sides still ends with both sides equal', async () => {
    const { alice, bob } = await acquainted();
    const draw = chance(11);
    const faults: SendFault[] = ['none', 'none', 'none', 'requestLost', 'answerLost'];
    for (const client of [alice, bob]) {
      client.connection.sendFault = () => faults[draw(faults.length)] ?? 'none';
      client.connection.bendDelivery = (envelopes) => shuffled(envelopes, draw);
    }
    for (const text of numbered(40)) {
      alice.send(bob, text);
      bob.send(alice, text);
    }
    await until(() => bob.received(alice) === 41 && alice.received(bob) === 41);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(numbered(40));
    expect(alice.texts(bob, 'peer').slice(1)).toEqual(numbered(40));
    expect([alice.messaging.setAside, bob.messaging.setAside]).toEqual([0, 0]);
  });
});
