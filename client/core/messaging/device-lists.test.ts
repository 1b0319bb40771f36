import { describe, expect, it, jest } from '@jest/globals';
import type { SignedDeviceList } from '@sotto/crypto';
import { aWhile } from '../net/testing/eventually.js';
import { idBytes } from '@sotto/protocol/ids';
import { TestPerson } from '../devices/testing/test-person.js';
import { FakeServer } from '../testing/fake-server.js';
import { Forger } from '../testing/forger.js';
import { stoppedAfterwards } from '../testing/people.js';
import { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

/** Bob, and Anna with her first device; they know each other. `list` puts her second device onto her list. */
const cast = async () => {
  const server = new FakeServer();
  const person = new TestPerson();
  const bob = stoppedAfterwards(await TestClient.register(server, 'bob'));
  const anna = stoppedAfterwards(await TestClient.register(server, 'anna', person.first));
  await bob.meet(anna);
  await bob.says(anna, 'hello');
  await anna.says(bob, 'hello yourself');
  await until(() => bob.inState(anna, 'delivered') === 1 && anna.inState(bob, 'delivered') === 1);
  const list = person.next(person.genesis, [person.first, person.second]);
  const link = async () => stoppedAfterwards(await TestClient.link(anna, person.second, list));
  return { server, person, bob, anna, list, link, forger: new Forger(anna) };
};

const listFetches = ({ accountId, server }: TestClient) => server.listQueries.filter((id) => id === accountId).length;
const isInInbox = (client: TestClient) => client.database.get('SELECT 1 FROM inbox') !== undefined;

describe('a person with a new device', () => {
  it('gets everything on both, once the sender has verified the list that names it', async () => {
    const { bob, anna, link } = await cast();
    const second = await link();
    for (const text of ['one', 'two', 'three']) bob.send(anna, text);
    await until(() => anna.received(bob) === 4 && second.received(bob) === 3);
    expect(second.texts(bob)).toEqual(['one', 'two', 'three']);
    expect(bob.log.filter((event) => event === 'outbox.repaired')).toHaveLength(1);
    await bob.says(anna, 'four');
    await until(() => second.received(bob) === 4);
  });

  it('writes from it to somebody who has not heard of it yet', async () => {
    const { bob, anna, link } = await cast();
    const second = await link();
    await second.meet(bob);
    second.send(bob, 'from my new device');
    await until(() => bob.texts(anna).includes('from my new device'));
    expect(bob.devices.find(anna.accountId)?.active).toHaveLength(2);
    expect(bob.messaging.setAside).toBe(0);
  });

  it('waits in the inbox while the list cannot be fetched, across a restart, and then shows', async () => {
    const { server, bob, anna, link } = await cast();
    const second = await link();
    await second.meet(bob);
    server.refuseCall = (route, params) =>
      route === 'deviceList' && params['accountId'] === anna.accountId
        ? { outcome: 'away', reason: 'unreachable' }
        : undefined;
    second.send(bob, 'patience');
    await until(() => bob.log.includes('inbox.waiting'));
    await anna.says(bob, 'others do not wait for it');
    expect(isInInbox(bob)).toBe(true);
    expect(bob.texts(anna)).not.toContain('patience');
    await bob.restart();
    expect(isInInbox(bob)).toBe(true);
    server.refuseCall = () => undefined;
    bob.connection.cut();
    bob.connection.mend();
    await until(() => bob.texts(anna).includes('patience'));
    expect(isInInbox(bob)).toBe(false);
    expect(bob.messaging.setAside).toBe(0);
  });

  it('comes through later where one has asked for the list a moment ago', async () => {
    const { server, bob, anna, link } = await cast();
    const forgedHead = { epoch: 0, number: 50, hash: new Uint8Array(32).fill(5) };
    const unasked = listFetches(anna);
    await new Forger(anna).send(bob, { kind: 'text', body: 'claims much' }, { senderListHead: forgedHead });
    // The text is shown first, the list is asked for behind it.
    await until(() => bob.texts(anna).includes('claims much') && listFetches(anna) > unasked);
    const fetches = listFetches(anna);
    const second = await link();
    await second.meet(bob);
    // Anna's own devices look at her list too when they connect.
    await aWhile();
    const afterLink = listFetches(anna);
    second.send(bob, 'too soon');
    await until(() => bob.log.includes('inbox.waiting') && server.mailbox(bob.deviceId).size === 0);
    await aWhile();
    expect(bob.texts(anna)).not.toContain('too soon');
    expect(listFetches(anna)).toBe(afterLink);
    expect(afterLink).toBeGreaterThan(fetches);
    bob.clock.advance(61_000);
    await until(() => bob.texts(anna).includes('too soon'));
    expect(bob.messaging.setAside).toBe(0);
  });
});

describe('a list that a message only claims', () => {
  it('costs one fetch a minute and holds nothing up', async () => {
    const { bob, anna, forger } = await cast();
    const before = listFetches(anna);
    for (let number = 10; number < 20; number += 1) {
      const senderListHead = { epoch: 0, number, hash: new Uint8Array(32).fill(number) };
      await forger.send(bob, { kind: 'text', body: `claim ${number}` }, { senderListHead });
      await until(() => bob.texts(anna).includes(`claim ${number}`));
    }
    expect(listFetches(anna)).toBe(before + 1);
    expect(bob.chat(anna)?.alarm).toBe(false);
  });

  it('P6: with another hash than the verified one raises an alarm, and sending waits', async () => {
    const { bob, anna, forger } = await cast();
    bob.events.length = 0;
    const senderListHead = { epoch: 0, number: 0, hash: new Uint8Array(32).fill(66) };
    await forger.send(bob, { kind: 'text', body: 'two lists' }, { senderListHead });
    await until(() => bob.texts(anna).includes('two lists'));
    expect(bob.chat(anna)?.alarm).toBe(true);
    expect(bob.events).toContainEqual(
      expect.objectContaining({ type: 'chat', chat: expect.objectContaining({ alarm: true }) }),
    );
    bob.send(anna, 'not yet');
    await aWhile();
    expect(bob.inState(anna, 'waiting')).toBe(1);
    expect(anna.texts(bob, 'peer')).toEqual(['hello']);
  });
});

describe('a device that has been taken off its list', () => {
  it('P11: is heard no more, whatever it signs, and what it said before stays', async () => {
    const { server, person, bob, anna, list, link } = await cast();
    const second = await link();
    await second.meet(bob);
    second.send(bob, 'while I am listed');
    await until(() => bob.texts(anna).includes('while I am listed'));
    const without: SignedDeviceList = person.next(list, [person.first]);
    server.appendList(anna.accountId, without, []);
    // Anna's first device knows; its next message tells Bob.
    await anna.devices.refresh(anna.accountId);
    await anna.says(bob, 'I have unlinked it');
    bob.clock.advance(61_000);
    const session = () =>
      bob.database.get('SELECT 1 FROM session WHERE device_id = ?', [idBytes(second.deviceId)]) !== undefined;
    await until(() => bob.devices.find(anna.accountId)?.active.length === 1);
    expect(session()).toBe(false);
    await new Forger(second).send(bob, { kind: 'text', body: 'am I still here?' });
    await until(() => bob.messaging.setAside === 1);
    // Not even in a session that it begins anew.
    second.database.run('DELETE FROM session');
    await new Forger(second).send(bob, { kind: 'text', body: 'and now?' });
    await until(() => {
      bob.clock.advance(10_000);
      return bob.messaging.setAside === 2;
    });
    expect(bob.texts(anna, 'peer').toSorted()).toEqual(['I have unlinked it', 'hello yourself', 'while I am listed']);
    expect(session()).toBe(false);
    expect(bob.database.all('SELECT reason FROM set_aside ORDER BY rowid').map((row) => row['reason'])).toEqual([
      'undecryptable',
      'unlistedDevice',
    ]);
    server.accounts.get(anna.accountId)?.devices.delete(second.deviceId);
    await bob.says(anna, 'good');
  });
});
