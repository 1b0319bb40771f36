import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RouteName } from '@sotto/protocol/wire';
import { refusal } from '../net/testing/test-server.js';
import { AccountBench, failure, KILLED, okOf, PASSWORD, type Death } from './testing/account-bench.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(120_000);

describe('a registration that is cut short', () => {
  let bench: AccountBench;

  beforeEach(async () => {
    bench = await AccountBench.start();
  });

  afterEach(async () => {
    await bench.stop();
  });

  /** One account on the server, this device's, signed in, with every prekey that the server gives out held here. */
  const expectWhole = async (): Promise<void> => {
    const { request, preKeys } = bench.server.only;
    expect(bench.record).toMatchObject({
      phase: 'registered',
      accountId: request.accountId,
      pendingRequest: undefined,
    });
    expect(bench.pins.find(request.accountId)?.list).toEqual(request.genesis.bytes);
    const stored = (table: string) => bench.database.all(`SELECT id FROM ${table}`).map((row) => row['id'] as number);
    expect(stored('pre_key')).toEqual(expect.arrayContaining([...preKeys.oneTime]));
    expect(stored('kyber_pre_key')).toEqual(expect.arrayContaining([...preKeys.kyber, preKeys.lastResort]));
    expect(stored('signed_pre_key')).toEqual([preKeys.signed]);
    expect(bench.preKeys.findPublication()).toMatchObject({ signedPreKeyId: preKeys.signed });
    expect((await bench.link.account.call('preKeyCounts', {})).outcome).toBe('ok');
    // A process that starts later lives on the refresh token alone.
    bench.restart();
    expect((await bench.link.account.call('preKeyCounts', {})).outcome).toBe('ok');
  };

  const moments: Death[] = [1, 2].flatMap((write) => [
    { write, moment: 'before' } as const,
    { write, moment: 'after' } as const,
  ]);

  it.each(moments)('by a kill $moment write $write goes on at the next start', async (death) => {
    const process = bench.restart(death);
    await expect(bench.register()).rejects.toThrow(KILLED);
    expect(process.isDead).toBe(true);
    bench.restart();
    const resumed = await bench.service.resumeRegistration();
    // Before the first write nothing was begun, and after the last nothing is left to do.
    const isOver = bench.accounts.find()?.phase === 'registered';
    if (!isOver) okOf(await bench.register());
    else if (resumed !== undefined) okOf(resumed);
    await expectWhole();
  });

  it.each(moments)('by a kill $moment write $write goes on when the same is typed again', async (death) => {
    bench.restart(death);
    await expect(bench.register()).rejects.toThrow(KILLED);
    bench.restart();
    const again = await bench.register();
    if (death.write === 2 && death.moment === 'after') expect(again).toEqual(failure('accountExists'));
    else okOf(again);
    await expectWhole();
  });

  it.each(['drop', 'dropAnswer'] as const)('by the network (%s) goes on, over a restart and at once', async (fate) => {
    bench.server.failNext('register', fate);
    expect(await bench.register()).toEqual(failure('serverAway'));
    expect(bench.service.find()).toBeUndefined();
    okOf(await bench.register());
    await expectWhole();
  });

  it.each<[RouteName, 'drop' | 'dropAnswer']>([
    ['serverInfo', 'drop'],
    ['register', 'drop'],
    ['register', 'dropAnswer'],
    ['authParameters', 'drop'],
    ['signIn', 'drop'],
    ['signIn', 'dropAnswer'],
    ['deviceList', 'drop'],
  ])('after a lost answer, and cut again at %s (%s), goes on the third time', async (route, fate) => {
    bench.server.failNext('register', 'dropAnswer');
    await bench.register();
    bench.restart();
    bench.server.failNext(route, fate);
    expect(await bench.service.resumeRegistration()).toEqual(failure('serverAway'));
    bench.restart();
    okOf(await bench.service.resumeRegistration());
    await expectWhole();
  });

  it.each(['before', 'after'] as const)(
    'after a lost answer, and killed %s its last write, goes on the third time',
    async (moment) => {
      bench.server.failNext('register', 'dropAnswer');
      await bench.register();
      bench.restart({ write: 1, moment });
      await expect(bench.service.resumeRegistration()).rejects.toThrow(KILLED);
      bench.restart();
      const resumed = await bench.service.resumeRegistration();
      if (moment === 'before') okOf(resumed);
      else expect(resumed).toBeUndefined();
      await expectWhole();
    },
  );

  it('finds its account also on a server that closed meanwhile, or that was busy', async () => {
    bench.server.failNext('register', 'dropAnswer');
    await bench.register();
    bench.server.isOpen = false;
    for (const [status, code] of [
      [503, 'serverBusy'],
      [500, 'internal'],
      [429, 'rateLimited'],
    ] as const) {
      bench.server.failNext('register', refusal(status, code));
      expect((await bench.service.resumeRegistration())?.outcome).toBe('failed');
      expect(bench.record.phase).toBe('pending');
    }
    okOf(await bench.service.resumeRegistration());
    await expectWhole();
  });

  it('gives up a name that somebody else has taken in the meantime', async () => {
    bench.server.failNext('register', 'drop');
    await bench.register();
    const other = await AccountBench.start();
    await other.register({ address: bench.server.origin });
    expect(await bench.service.resumeRegistration()).toEqual(failure('usernameTaken'));
    expect(bench.accounts.find()).toBeUndefined();
    expect(await bench.service.resumeRegistration()).toBeUndefined();
    await other.stop();
  });

  it('gives up a name that somebody took with the very same password: the keys are not ours', async () => {
    bench.server.failNext('register', 'drop');
    await bench.register();
    const other = await AccountBench.start();
    await other.register({ address: bench.server.origin });
    const taken = bench.server.only.request.authentication;
    const { secret } = bench.server.http.callsTo('register')[0]!.body.authentication;
    taken.secret.set(secret);
    expect(await bench.service.resumeRegistration()).toEqual(failure('usernameTaken'));
    expect(bench.accounts.find()).toBeUndefined();
    await other.stop();
  });

  describe('and then asked for differently', () => {
    it('becomes the other one where the server had not made the first', async () => {
      bench.server.failNext('register', 'drop');
      await bench.register();
      okOf(await bench.register({ username: 'berta' }));
      expect(bench.server.only.request.username).toBe('berta');
      expect(bench.record.username).toBe('berta');
      await expectWhole();
    });

    it('stays the first where the server had made it, and says so', async () => {
      bench.server.failNext('register', 'dropAnswer');
      await bench.register();
      expect(await bench.register({ username: 'berta' })).toEqual(failure('accountExists'));
      expect(bench.service.find()?.username).toBe('anna');
      await expectWhole();
    });

    it.each([{ password: `${PASSWORD} too` }, { email: 'anna@example.org' }])(
      'is not taken for the same with %j',
      async (changes) => {
        bench.server.failNext('register', 'dropAnswer');
        await bench.register();
        expect(await bench.register(changes)).toEqual(failure('accountExists'));
        expect(bench.server.accounts.size).toBe(1);
      },
    );

    it('waits for a server that is away, and leaves one that is not asked any more', async () => {
      bench.server.failNext('register', 'drop');
      await bench.register();
      bench.server.failNext('authParameters', 'drop');
      expect(await bench.register({ username: 'berta' })).toEqual(failure('serverAway'));
      expect(bench.record.username).toBe('anna');
      const elsewhere = await AccountBench.start();
      await bench.server.stop();
      okOf(await bench.register({ address: elsewhere.server.origin, username: 'berta' }));
      expect(elsewhere.server.only.request.username).toBe('berta');
      await elsewhere.stop();
    });
  });

  it('is not finished against a server with another trust root', async () => {
    bench.server.failNext('register', 'dropAnswer');
    await bench.register();
    const impostor = await AccountBench.start();
    bench.server.ring = impostor.server.ring;
    const result = await bench.service.resumeRegistration();
    expect(result).toMatchObject({ failure: { code: 'serverIdentityChanged' } });
    expect(bench.server.http.callsTo('signIn')).toEqual([]);
    expect(bench.record.phase).toBe('pending');
    await impostor.stop();
  });

  it('leaves nothing to resume where nothing was begun, or all is done', async () => {
    expect(await bench.service.resumeRegistration()).toBeUndefined();
    okOf(await bench.register());
    expect(await bench.service.resumeRegistration()).toBeUndefined();
  });
});
