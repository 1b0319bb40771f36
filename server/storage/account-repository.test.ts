import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { accountId, at, bytes, newAccount, NOW, username } from '../testing/records.js';

describeOnEveryDatabase('accounts', (databases) => {
  it('come back as they were stored', async () => {
    const { storage } = await databases.open();
    const plain = newAccount();
    const full = newAccount({ username: username('Ada_Lovelace'), email: 'Ada@Example.org' });
    for (const account of [plain, full]) {
      const { accessVerifier, ...rest } = account;
      expect(await storage.accounts.create(account)).toEqual({ type: 'created' });
      const expected = { ...rest, accessVerifiers: { current: accessVerifier, previous: undefined } };
      expect(await storage.accounts.find(account.accountId)).toEqual(expected);
    }
    expect(await storage.accounts.find(accountId())).toBeUndefined();
  });

  it('are found by name and address in any case, and exactly otherwise', async () => {
    const { storage } = await databases.open();
    const account = newAccount({ username: username('Ada_Lovelace'), email: 'Ada@Example.org' });
    await storage.accounts.create(account);
    const found = { accountId: account.accountId, username: 'Ada_Lovelace', email: 'Ada@Example.org' };
    expect(await storage.accounts.findByUsername(username('aDA_lOVELACE'))).toMatchObject(found);
    expect(await storage.accounts.findByEmail('ada@example.ORG')).toMatchObject(found);
    expect(await storage.accounts.findByUsername(username('AdaXLovelace'))).toBeUndefined();
    expect(await storage.accounts.findByUsername(username('Ada_Lovelac'))).toBeUndefined();
    expect(await storage.accounts.findByEmail('ada@example.or_')).toBeUndefined();
    expect(await storage.accounts.findByEmail("' OR 1=1 -- ")).toBeUndefined();
  });

  it('are unique by id, by name and by address, and say which', async () => {
    const { storage } = await databases.open();
    const first = newAccount({ username: username('Ada'), email: 'ada@example.org' });
    await storage.accounts.create(first);
    const create = (overrides: Parameters<typeof newAccount>[0]) => storage.accounts.create(newAccount(overrides));
    expect(await create({ accountId: first.accountId })).toEqual({ type: 'accountExists' });
    expect(await create({ username: username('aDa') })).toEqual({ type: 'usernameTaken' });
    expect(await create({ email: 'ADA@example.org' })).toEqual({ type: 'emailTaken' });
    expect(await create({})).toEqual({ type: 'created' });
    expect(await create({})).toEqual({ type: 'created' });
  });

  it('give a name to one of many who want it at once', async () => {
    const { storage } = await databases.open();
    const name = username('wanted');
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => storage.accounts.create(newAccount({ username: name }))),
    );
    expect(outcomes.map(({ type }) => type).toSorted()).toEqual(['created', ...Array<string>(7).fill('usernameTaken')]);
  });

  it('let the transaction around a refused one go on', async () => {
    const { storage } = await databases.open();
    const taken = newAccount();
    const other = newAccount();
    await storage.accounts.create(taken);
    await storage.transactions.run(async () => {
      expect(await storage.accounts.create(newAccount({ username: taken.username }))).toEqual({
        type: 'usernameTaken',
      });
      expect(await storage.accounts.create(other)).toEqual({ type: 'created' });
    });
    expect(await storage.accounts.find(other.accountId)).toBeDefined();
  });

  it('answer the access verifiers of many at once', async () => {
    const { storage } = await databases.open();
    const accounts = Array.from({ length: 70 }, () => newAccount());
    for (const account of accounts) await storage.accounts.create(account);
    const asked = [...accounts.map((account) => account.accountId), accountId()];
    const found = await storage.accounts.findAccessVerifiers(asked);
    expect(found).toEqual(
      new Map(accounts.map((account) => [account.accountId, { current: account.accessVerifier, previous: undefined }])),
    );
    expect(await storage.accounts.findAccessVerifiers([])).toEqual(new Map());
  });

  it('keep the last access verifier only where that is wanted', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    await storage.accounts.create(account);
    const [second, third] = [bytes(32), bytes(32)];
    const verifiers = async () => (await storage.accounts.find(account.accountId))?.accessVerifiers;
    const expiresAt = at(NOW + 14 * 86_400_000);
    await storage.accounts.replaceAccessVerifier(account.accountId, second, expiresAt);
    expect(await verifiers()).toEqual({ current: second, previous: { verifier: account.accessVerifier, expiresAt } });
    await storage.accounts.replaceAccessVerifier(account.accountId, third, undefined);
    expect(await verifiers()).toEqual({ current: third, previous: undefined });
  });

  it('replace the password verifier only where it is still the expected one', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    await storage.accounts.create(account);
    const { verifier } = account.authentication;
    const replace = (expected: string, next: string) =>
      storage.accounts.replaceAuthenticationVerifier(account.accountId, expected, next);
    expect(await replace(verifier, 'raised')).toBe(true);
    expect(await replace(verifier, 'late')).toBe(false);
    expect((await storage.accounts.find(account.accountId))?.authentication.verifier).toBe('raised');
  });
});
