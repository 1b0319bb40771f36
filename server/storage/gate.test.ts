import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { newAccount } from '../testing/records.js';
import { Gate } from './gate.js';
import { idParameter, textFrom } from './row-values.js';
import type { Storage } from './storage.js';

const gateOf = ({ transactions }: Storage): Gate => {
  if (!(transactions instanceof Gate)) throw new Error('The storage has no gate');
  return transactions;
};

describeOnEveryDatabase('the gate', (databases) => {
  it('rolls back what threw, and that alone', async () => {
    const { storage } = await databases.open();
    const [lost, kept] = [newAccount(), newAccount()];
    // Without the gate the second would be a savepoint of the first on SQLite, and vanish with it.
    const failing = storage.transactions.run(async () => {
      await storage.accounts.create(lost);
      await pause(20);
      throw new Error('changed its mind');
    });
    const succeeding = storage.transactions.run(() => storage.accounts.create(kept));
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await succeeding).toEqual({ type: 'created' });
    expect(await storage.accounts.find(lost.accountId)).toBeUndefined();
    expect(await storage.accounts.find(kept.accountId)).toMatchObject({ accountId: kept.accountId });
  });

  it('keeps a hundred interleaved units of work apart', async () => {
    const { storage } = await databases.open();
    const accounts = Array.from({ length: 100 }, () => newAccount());
    const results = await Promise.allSettled(
      accounts.map((account, index) =>
        storage.transactions.run(async () => {
          await storage.accounts.create(account);
          if (index % 3 === 0) throw new Error('changed its mind');
          return index;
        }),
      ),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(34);
    const found = await Promise.all(accounts.map((account) => storage.accounts.find(account.accountId)));
    expect(found.map((account) => account !== undefined)).toEqual(accounts.map((_, index) => index % 3 !== 0));
  });

  it('shows others nothing before the commit', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    let seenBefore: Promise<unknown> = Promise.resolve('never asked');
    const committed: string[] = [];
    let askFromOutside: (() => void) | undefined;
    const outside = new Promise<void>((resolve) => {
      askFromOutside = resolve;
    }).then(() => {
      seenBefore = storage.accounts.find(account.accountId).then((found) => (found ? committed.join() : 'nothing'));
    });
    await storage.transactions.run(async () => {
      await storage.accounts.create(account);
      askFromOutside?.();
      await pause(30);
      committed.push('committed');
    });
    await outside;
    // The embedded engine lets the reader wait; MySQL answers it with what was there before.
    expect(await seenBefore).toBe(databases.engine === 'embedded' ? 'committed' : 'nothing');
  });

  it('abandons with an outcome and without its changes', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    const outcome = await storage.transactions.run<'done' | 'refused'>(async (abandon) => {
      await storage.accounts.create(account);
      return abandon('refused');
    });
    expect(outcome).toBe('refused');
    expect(await storage.accounts.find(account.accountId)).toBeUndefined();
  });

  it('commits nothing when an inner step was abandoned and the outer one went on', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    const outer = storage.transactions.run(async () => {
      await storage.accounts.create(account);
      return storage.transactions.run<string>(async (abandon) => abandon('inner refusal'));
    });
    await expect(outer).rejects.toThrow('nothing was stored');
    expect(await storage.accounts.find(account.accountId)).toBeUndefined();
  });

  it('commits nothing when the outer step swallowed the failure of an inner one', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    const outer = storage.transactions.run(async () => {
      await storage.accounts.create(account);
      await storage.transactions.run(() => Promise.reject(new Error('inner failure'))).catch(() => undefined);
    });
    await expect(outer).rejects.toMatchObject({ cause: { message: 'inner failure' } });
    expect(await storage.accounts.find(account.accountId)).toBeUndefined();
  });

  it('commits nothing, and says so, when an abandonment was caught by the work itself', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    const outcome = storage.transactions.run<string>(async (abandon) => {
      await storage.accounts.create(account);
      try {
        return abandon('refused');
      } catch {
        return 'went on';
      }
    });
    await expect(outcome).rejects.toThrow('nothing was stored');
    expect(await storage.accounts.find(account.accountId)).toBeUndefined();
  });

  it('refuses a call that outlives its unit of work', async () => {
    const { storage } = await databases.open();
    let late: Promise<unknown> = Promise.resolve();
    await storage.transactions.run(async () => {
      late = pause(20).then(() => storage.accounts.create(newAccount()));
    });
    await expect(late).rejects.toThrow('has ended');
  });

  it('is usable again after every kind of failure', async () => {
    const { storage } = await databases.open();
    const gate = gateOf(storage);
    await expect(gate.transaction((session) => session.rows('SELECT nonsense FROM nowhere', []))).rejects.toThrow();
    await expect(gate.use((session) => session.change('INSERT INTO nowhere VALUES (?)', [1]))).rejects.toThrow();
    expect(await storage.accounts.create(newAccount())).toEqual({ type: 'created' });
  });

  it('tries two that deadlock again until both are done', async () => {
    const { storage } = await databases.open();
    const gate = gateOf(storage);
    const [one, two] = [newAccount(), newAccount()];
    await storage.accounts.create(one);
    await storage.accounts.create(two);
    let attempts = 0;
    const touch = (first: typeof one, second: typeof one, mark: string) =>
      gate.transaction(async (session) => {
        attempts += 1;
        for (const { accountId } of [first, second]) {
          await session.change('UPDATE account SET auth_verifier = ? WHERE account_id = ?', [
            mark,
            idParameter(accountId),
          ]);
          await pause(60);
        }
      });
    await Promise.all([touch(one, two, 'a'), touch(two, one, 'b')]);
    const rows = await gate.use((session) => session.rows('SELECT auth_verifier FROM account', []));
    // Whoever was last wrote both rows: no mixture of the two.
    expect(new Set(rows.map((row) => textFrom(row['auth_verifier']))).size).toBe(1);
    expect(attempts).toBe(databases.engine === 'embedded' ? 2 : 3);
  });
});
