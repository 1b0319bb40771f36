import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { bytes, NOW } from '../testing/records.js';

const secrets = () =>
  new Map([
    ['trust root', bytes(32)],
    ['receipt key', bytes(64)],
    ['lookup key', bytes(32)],
  ]);

describeOnEveryDatabase('the secrets of the server', (databases) => {
  it('are made once and then stay', async () => {
    const { storage } = await databases.open();
    const made = secrets();
    expect(await storage.serverSecrets.loadOrCreate(() => made, NOW)).toEqual(made);
    let calls = 0;
    const again = await storage.serverSecrets.loadOrCreate(() => {
      calls += 1;
      return secrets();
    }, NOW);
    expect(again).toEqual(made);
    expect(calls).toBe(0);
  });

  it('are the same for processes that start at once', async () => {
    const database = await databases.open();
    const storages = [database.storage, await database.openAgain(), await database.openAgain()];
    const loaded = await Promise.all(storages.map((storage) => storage.serverSecrets.loadOrCreate(secrets, NOW)));
    expect(loaded[0]!.size).toBe(3);
    expect(loaded[1]).toEqual(loaded[0]);
    expect(loaded[2]).toEqual(loaded[0]);
  });

  it('are reachable while the database is, and not afterwards', async () => {
    const { url } = await databases.open();
    const { openStorage } = await import('./open-storage.js');
    const storage = await openStorage(url);
    await storage.ping();
    await storage.close();
    await expect(storage.ping()).rejects.toThrow();
  });
});
