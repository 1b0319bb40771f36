import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServerKeys, issueReceipt, systemRandom } from '@sotto/crypto/server';
import { refusal } from '../net/testing/test-server.js';
import { AccountBench, failure, KILLED, leaveTheList, okOf, PASSWORD, type Death } from './testing/account-bench.js';
import type { AccountRecord } from './types.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(120_000);

const LIFETIME_MS = 600_000;

describe('the tokens of this device', () => {
  let bench: AccountBench;
  /** As registration left it; every test begins from here. */
  let registered: AccountRecord;

  beforeAll(async () => {
    bench = await AccountBench.start();
    okOf(await bench.register());
    registered = bench.record;
  });

  beforeEach(() => {
    bench.accounts.save(registered);
    const account = bench.server.only;
    account.tokens = { present: Buffer.from(account.request.refreshTokenHash).toString('hex'), previous: undefined };
    bench.server.forgotten.clear();
    bench.server.http.calls.length = 0;
    bench.restart();
  });

  afterEach(() => {
    bench.server.fate = () => undefined;
    bench.server.bend = (_, value: unknown) => value;
  });

  afterAll(() => bench.stop());

  const call = () => bench.link.account.call('preKeyCounts', {});
  const outcome = async (): Promise<string> => {
    const result = await call();
    return result.outcome === 'refused' ? result.code : result.outcome;
  };
  const refreshes = () => bench.server.http.callsTo('refresh');

  it('are renewed a minute ahead of their end, one token serving all calls until then', async () => {
    expect(await outcome()).toBe('ok');
    bench.clock.advance(LIFETIME_MS - 60_001);
    expect(await outcome()).toBe('ok');
    expect(refreshes()).toHaveLength(1);
    bench.clock.advance(1);
    expect(await outcome()).toBe('ok');
    expect(refreshes()).toHaveLength(2);
  });

  it('are renewed once for all who ask at once', async () => {
    await Promise.all(Array.from({ length: 8 }, call));
    expect(refreshes()).toHaveLength(1);
  });

  it('are good for one exchange each: every refresh shows the token that the one before made', async () => {
    for (let exchange = 0; exchange < 4; exchange += 1) {
      bench.clock.advance(LIFETIME_MS);
      expect(await outcome()).toBe('ok');
      expect(bench.record.tokens?.nextRefreshToken).toBeUndefined();
    }
    const shown = refreshes().map(({ body }) => Buffer.from(body.refreshToken).toString('hex'));
    expect(new Set(shown).size).toBe(4);
  });

  it('are exchanged and the call repeated where the server no longer takes one, but only once', async () => {
    await call();
    bench.server.failNext('preKeyCounts', refusal(401, 'tokenExpired'));
    expect(await outcome()).toBe('ok');
    expect(refreshes()).toHaveLength(2);
    bench.server.fate = (route) => (route === 'preKeyCounts' ? refusal(401, 'unauthorized') : undefined);
    expect(await outcome()).toBe('unauthorized');
    expect(refreshes()).toHaveLength(3);
  });

  it('refused to several calls at once are exchanged once', async () => {
    await call();
    let refusals = 0;
    bench.server.fate = (route) => {
      if (route !== 'preKeyCounts' || refusals === 3) return undefined;
      refusals += 1;
      return refusal(401, 'tokenExpired');
    };
    await Promise.all([call(), call(), call()]);
    expect(refusals).toBe(3);
    expect(refreshes()).toHaveLength(2);
  });

  const moments: Death[] = [1, 2].flatMap((write) => [
    { write, moment: 'before' } as const,
    { write, moment: 'after' } as const,
  ]);

  it.each(moments)('survive a kill $moment write $write of a refresh', async (death) => {
    bench.restart(death);
    await expect(call()).rejects.toThrow(KILLED);
    bench.restart();
    expect(await outcome()).toBe('ok');
    bench.restart();
    expect(await outcome()).toBe('ok');
    expect(bench.server.only.tokens).toBeDefined();
  });

  it.each(['drop', 'dropAnswer'] as const)(
    'survive an exchange that the network cuts (%s), over a restart too',
    async (fate) => {
      for (const restart of [() => undefined, () => bench.restart()]) {
        bench.clock.advance(LIFETIME_MS);
        bench.server.failNext('refresh', fate);
        expect(await outcome()).toBe('away');
        restart();
        bench.server.failNext('refresh', fate);
        expect(await outcome()).toBe('away');
        restart();
        expect(await outcome()).toBe('ok');
      }
      expect(bench.server.only.tokens).toBeDefined();
    },
  );

  it.each([
    ['unauthorized', 401],
    ['refreshTokenReused', 401],
  ] as const)('end where the server says %s, and nothing is asked any more', async (code, status) => {
    bench.server.failNext('refresh', refusal(status, code));
    expect(await outcome()).toBe('unauthorized');
    expect(bench.record.tokens).toBeUndefined();
    bench.server.http.calls.length = 0;
    expect(await outcome()).toBe('unauthorized');
    bench.restart();
    expect(await outcome()).toBe('unauthorized');
    expect(bench.server.http.calls).toEqual([]);
  });

  it.each([
    ['rateLimited', 429],
    ['serverBusy', 503],
    ['internal', 500],
    ['invalidSignature', 400],
  ] as const)('stay where the server says %s', async (code, status) => {
    bench.server.failNext('refresh', refusal(status, code));
    expect(await outcome()).toBe(code);
    expect(await outcome()).toBe('ok');
  });

  it('copied by a thief end for both at the second use', async () => {
    await call();
    const stolen = bench.record.tokens;
    bench.clock.advance(LIFETIME_MS);
    await call();
    bench.accounts.save({ ...bench.record, tokens: stolen });
    bench.restart();
    expect(await outcome()).toBe('unauthorized');
    expect(bench.server.only.tokens).toBeUndefined();
  });

  it.each<[string, object]>([
    ['for another account', { accountId: '0d9bb9a3-6f0d-4c3e-9c55-0a6ef4f0b001' }],
    ['for the account pages', { scope: 'account' }],
    ['that no header can carry', { accessToken: 'a b' }],
  ])('%s are not taken, and the exchange is asked for again', async (_, change) => {
    bench.server.bend = (route, value) => (route === 'refresh' ? { ...value, ...change } : value);
    expect(await call()).toEqual({ outcome: 'away', reason: 'notSotto' });
    bench.server.bend = (_route, value: unknown) => value;
    expect(await outcome()).toBe('ok');
  });

  it('are asked for again within the hour, whatever life a server gives them', async () => {
    bench.server.bend = (route, value) =>
      route === 'refresh' ? { ...value, accessTokenLifetimeMs: 10 * 365 * 24 * 3_600_000 } : value;
    await call();
    bench.clock.advance(3_600_000);
    await call();
    expect(refreshes()).toHaveLength(2);
  });

  describe('of a device that the server calls unlisted', () => {
    it('stay while the own verified list still names it', async () => {
      bench.server.forgotten.add(registered.deviceId);
      expect(await outcome()).toBe('deviceNotListed');
      expect(bench.record.tokens).toBeDefined();
      const other = createServerKeys(systemRandom);
      const [genesis] = bench.server.only.steps;
      const place = { epoch: 0, number: 1, hash: new Uint8Array(32) as never };
      const receipt = issueReceipt(other.receiptKey, registered.accountId, place, bench.clock.now());
      bench.server.bend = (route, value) =>
        route === 'deviceList' ? { ...value, entries: [{ ...genesis, receipt }] } : value;
      expect(await outcome()).toBe('deviceNotListed');
      bench.server.forgotten.clear();
      expect(await outcome()).toBe('ok');
    });

    it('end where the server knows no such account any more, and nothing else does', async () => {
      const account = bench.server.only;
      bench.server.accounts.delete(registered.accountId);
      expect(await outcome()).toBe('unauthorized');
      expect(bench.record).toEqual({ ...registered, tokens: undefined });
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('accountGone'));
      // An older copy of the server, and then the right one again.
      bench.server.accounts.set(registered.accountId, account);
      okOf(await bench.service.signIn({ password: PASSWORD }));
      expect(await outcome()).toBe('ok');
    });

    it('are no longer used once the own verified list leaves it out', async () => {
      leaveTheList(bench);
      bench.server.forgotten.add(registered.deviceId);
      expect(await outcome()).toBe('deviceNotListed');
      bench.server.http.calls.length = 0;
      bench.restart();
      expect(await outcome()).toBe('deviceNotListed');
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('unlinked'));
      expect(bench.server.http.calls).toEqual([]);
    });
  });
});
