import { describe, expect, it, jest } from '@jest/globals';
import { aWhile } from '../net/testing/eventually.js';
import { StorageError } from '../storage/storage-error.js';
import { acquainted } from '../testing/people.js';
import type { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

/** A disk with no room for one more page; returns what makes room again. */
const fillDisk = (client: TestClient): (() => void) => {
  const { database } = client;
  const pages = Number(Object.values(database.get('PRAGMA page_count') ?? {})[0]);
  // Free pages inside of the file are room too.
  database.exec('VACUUM');
  const limit = (most: number) => database.get(`PRAGMA max_page_count = ${most}`);
  limit(1);
  return () => limit(pages + 1_000_000);
};

const long = (text: string) => `${text} ${'x'.repeat(4_000)}`;

describe('a full disk', () => {
  it('refuses a text, and nothing of it is left', async () => {
    const { alice, bob } = await acquainted();
    const makeRoom = fillDisk(alice);
    expect(() => alice.send(bob, long('no room'))).toThrow(StorageError);
    makeRoom();
    expect(alice.texts(bob)).toEqual(['hello', 'hello yourself']);
    expect(alice.database.get('SELECT 1 FROM outbox_job')).toBeUndefined();
    await alice.says(bob, 'room again');
  });

  it('acknowledges nothing that it could not store, and gets it again', async () => {
    const { alice, bob, server } = await acquainted();
    const makeRoom = fillDisk(bob);
    const texts = ['one', 'two', 'three'].map(long);
    for (const text of texts) alice.send(bob, text);
    await until(() => server.mailbox(bob.deviceId).size === 3);
    await aWhile();
    expect(bob.log.filter((event) => event === 'journey.5.storing').length).toBeGreaterThan(0);
    expect(server.mailbox(bob.deviceId).size).toBe(3);
    expect(bob.database.get('SELECT 1 FROM inbox')).toBeUndefined();
    makeRoom();
    await until(() => bob.received(alice) === 4);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(texts);
    await until(() => server.mailbox(bob.deviceId).size === 0);
  });

  it('opens nothing that it could not keep: the envelopes wait, sealed, and open later', async () => {
    const { alice, bob } = await acquainted();
    const sessions = () => JSON.stringify(bob.database.all('SELECT record FROM session'));
    const before = sessions();
    let makeRoom = () => undefined as unknown;
    bob.onLog = (event) => {
      if (event !== 'journey.6.opening') return;
      bob.onLog = () => undefined;
      makeRoom = fillDisk(bob);
    };
    const text = long('waits sealed');
    alice.send(bob, text);
    await until(() => bob.log.includes('failed'));
    expect(sessions()).toBe(before);
    expect(bob.received(alice)).toBe(1);
    expect(bob.messaging.setAside).toBe(0);
    expect(bob.database.get('SELECT count(*) AS count FROM inbox')).toEqual({ count: 1 });
    makeRoom();
    await until(() => {
      bob.clock.advance(5_000);
      return bob.received(alice) === 2;
    });
    expect(bob.texts(alice, 'peer')).toEqual(['hello', text]);
  });

  it('sends nothing whose ratchet it could not keep', async () => {
    const { alice, bob, server } = await acquainted();
    const before = server.relayed.length;
    let makeRoom = () => undefined as unknown;
    alice.onLog = (event) => {
      if (event !== 'journey.3.encrypting') return;
      alice.onLog = () => undefined;
      makeRoom = fillDisk(alice);
    };
    alice.send(bob, long('not yet'));
    await until(() => alice.log.includes('outbox.held'));
    expect(server.relayed.slice(before).filter(({ recipient }) => recipient === bob.accountId)).toEqual([]);
    expect(alice.inState(bob, 'waiting')).toBe(1);
    makeRoom();
    await until(() => {
      alice.clock.advance(1_000);
      return bob.received(alice) === 2;
    });
  });
});
