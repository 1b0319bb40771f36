import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { accountId, bytes, newAccount, newListStep, registered } from '../testing/records.js';
import type { DeviceListStep } from './device-list-repository.js';
import { hex } from './row-values.js';
import type { Storage } from './storage.js';

const accountWithout = async (storage: Storage) => {
  const account = newAccount();
  await storage.accounts.create(account);
  return account.accountId;
};

const headOf = ({ epoch, number, hash }: DeviceListStep) => ({ epoch, number, hash });

/** Appends a whole chain, each step after the one before. */
const chain = async (
  storage: Storage,
  account: Awaited<ReturnType<typeof accountWithout>>,
  places: [number, number][],
) => {
  const steps = places.map(([epoch, number]) => newListStep({ epoch, number }));
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    const outcome = await storage.deviceLists.append(account, before && headOf(before), step);
    expect(outcome).toEqual({ type: 'appended' });
  }
  return steps;
};

describeOnEveryDatabase('device lists', (databases) => {
  it('come back as they were appended, the newest as the head', async () => {
    const { storage } = await databases.open();
    const account = await accountWithout(storage);
    expect(await storage.deviceLists.head(account)).toBeUndefined();
    const epoch = 1_790_000_000_123;
    const steps = await chain(storage, account, [
      [0, 0],
      [0, 1],
      [0, 2],
      [epoch, 0],
      [epoch, 1],
    ]);
    expect(await storage.deviceLists.head(account)).toEqual(headOf(steps[4]!));
    expect(await storage.deviceLists.page(account, { epoch: 0, number: 0 }, 50)).toEqual({
      steps: steps.slice(1),
      more: false,
    });
  });

  it('are read in pages, newcomers from the newest list of the account key', async () => {
    const { storage } = await databases.open();
    const account = await accountWithout(storage);
    const steps = await chain(storage, account, [
      [0, 0],
      [0, 1],
      [7, 0],
      [7, 1],
      [7, 2],
    ]);
    const page = (after: Parameters<typeof storage.deviceLists.page>[1], limit: number) =>
      storage.deviceLists.page(account, after, limit);
    expect(await page(undefined, 50)).toEqual({ steps: steps.slice(2), more: false });
    expect(await page(undefined, 2)).toEqual({ steps: steps.slice(2, 4), more: true });
    expect(await page(headOf(steps[3]!), 2)).toEqual({ steps: steps.slice(4), more: false });
    expect(await page({ epoch: 0, number: 0 }, 3)).toEqual({ steps: steps.slice(1, 4), more: true });
    expect(await page(headOf(steps[4]!), 3)).toEqual({ steps: [], more: false });
    expect(await storage.deviceLists.page(accountId(), undefined, 3)).toEqual({ steps: [], more: false });
  });

  it.each(['epoch', 'number', 'hash'] as const)(
    'are appended only to the expected head, compared by %s too',
    async (what) => {
      const { storage } = await databases.open();
      const account = await accountWithout(storage);
      const [genesis] = await chain(storage, account, [[0, 0]]);
      const head = headOf(genesis!);
      const other = { ...head, [what]: what === 'hash' ? bytes(32) : 1 };
      const step = newListStep({ epoch: 9, number: 9 });
      expect(await storage.deviceLists.append(account, other, step)).toEqual({ type: 'conflict', head });
      expect(await storage.deviceLists.append(account, undefined, step)).toEqual({ type: 'conflict', head });
      expect(await storage.deviceLists.head(account)).toEqual(head);
    },
  );

  it('begin only for accounts that exist', async () => {
    const { storage } = await databases.open();
    expect(await storage.deviceLists.append(accountId(), undefined, newListStep())).toEqual({
      type: 'conflict',
      head: undefined,
    });
    const account = await accountWithout(storage);
    const expected = headOf(newListStep());
    expect(await storage.deviceLists.append(account, expected, newListStep({ number: 1 }))).toEqual({
      type: 'conflict',
      head: undefined,
    });
  });

  it('do not grow behind their head', async () => {
    const { storage } = await databases.open();
    const account = await accountWithout(storage);
    const [, second] = await chain(storage, account, [
      [5, 0],
      [5, 1],
    ]);
    for (const place of [
      { epoch: 5, number: 1 },
      { epoch: 5, number: 0 },
      { epoch: 4, number: 9 },
    ])
      await expect(storage.deviceLists.append(account, headOf(second!), newListStep(place))).rejects.toThrow(
        'not beyond',
      );
  });

  it('have one winner among many appends to one head, whatever place they aim at', async () => {
    const { storage } = await databases.open();
    const account = await accountWithout(storage);
    const [genesis] = await chain(storage, account, [[0, 0]]);
    // Half of them the next number, half of them a new epoch: no common key stands in their way.
    const steps = Array.from({ length: 8 }, (_, index) =>
      newListStep(index % 2 === 0 ? { number: 1 } : { epoch: 100 + index }),
    );
    const outcomes = await Promise.all(
      steps.map((step) => storage.deviceLists.append(account, headOf(genesis!), step)),
    );
    const winners = steps.filter((_, index) => outcomes[index]!.type === 'appended');
    expect(winners).toHaveLength(1);
    expect(await storage.deviceLists.head(account)).toEqual(headOf(winners[0]!));
    for (const outcome of outcomes) if (outcome.type === 'conflict') expect(outcome.head).toEqual(headOf(winners[0]!));
  });

  it('wait for an append that has not been committed yet', async () => {
    const database = await databases.open();
    const other = await database.openAgain();
    const account = await accountWithout(database.storage);
    const [genesis] = await chain(database.storage, account, [[0, 0]]);
    const [first, second] = [newListStep({ number: 1 }), newListStep({ epoch: 100 })];
    let isAppended: () => void = () => undefined;
    const appended = new Promise<void>((resolve) => {
      isAppended = resolve;
    });
    const slow = database.storage.transactions.run(async () => {
      const outcome = await database.storage.deviceLists.append(account, headOf(genesis!), first);
      isAppended();
      await pause(80);
      return outcome;
    });
    await appended;
    // No common key would stop this one: it aims at another epoch.
    const late = await other.deviceLists.append(account, headOf(genesis!), second);
    expect(await slow).toEqual({ type: 'appended' });
    expect(late).toEqual({ type: 'conflict', head: headOf(first) });
  });

  it('name certificates that are found by their hash, in their own account', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const [stranger] = await registered(storage);
    const wanted = [one!, two!, stranger!].map((device) => device.certificate.hash);
    const found = await storage.deviceLists.certificates(one!.accountId, [...wanted, bytes(32)]);
    expect(found).toEqual(new Map([one!, two!].map(({ certificate }) => [hex(certificate.hash), certificate])));
    expect(await storage.deviceLists.certificates(one!.accountId, [])).toEqual(new Map());
  });
});
