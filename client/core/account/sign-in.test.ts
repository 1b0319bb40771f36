import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  derivePasswordKeys,
  linkKeyWrapping,
  parsePassword,
  StretchSalt,
  systemRandom,
  trustRootFingerprint,
  type StretchCost,
} from '@sotto/crypto';
import { createServerKeys } from '@sotto/crypto/server';
import type { AuthParameters } from '@sotto/protocol/wire';
import { eventually } from '../net/testing/eventually.js';
import { refusal } from '../net/testing/test-server.js';
import { AccountBench, failure, leaveTheList, okOf, PASSWORD } from './testing/account-bench.js';
import type { AccountRecord } from './types.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(120_000);

const handlers = { deliver: async () => undefined, mailboxEmpty: async () => undefined };

describe('an account on its device', () => {
  let bench: AccountBench;
  let registered: AccountRecord;

  beforeAll(async () => {
    bench = await AccountBench.start();
    okOf(await bench.register({ email: 'anna@example.org' }));
    registered = bench.record;
  });

  beforeEach(() => {
    bench.accounts.save({ ...registered, tokens: undefined });
    bench.server.only.tokens = undefined;
    bench.server.forgotten.clear();
    bench.server.http.calls.length = 0;
    bench.restart();
  });

  afterEach(async () => {
    bench.server.fate = () => undefined;
    bench.server.bend = (_, value: unknown) => value;
    await bench.service.close();
  });

  afterAll(() => bench.stop());

  const isSignedIn = async (): Promise<boolean> => (await bench.link.account.call('preKeyCounts', {})).outcome === 'ok';
  const bendParameters = (change: (value: AuthParameters) => unknown) => {
    bench.server.bend = (route, value) => (route === 'authParameters' ? change(value as AuthParameters) : value);
  };
  const asked = () => bench.server.http.calls.map(({ route }) => route);

  describe('signing in', () => {
    it('begins new tokens, which last over a restart', async () => {
      expect(okOf(await bench.service.signIn({ password: PASSWORD }))).toMatchObject({
        accountId: registered.accountId,
      });
      expect(await isSignedIn()).toBe(true);
      expect(asked()).not.toContain('refresh');
      bench.restart();
      expect(await isSignedIn()).toBe(true);
    });

    it('takes the same password in another form of the same letters', async () => {
      okOf(await bench.service.signIn({ password: PASSWORD.replace('t', '\uff54') }));
    });

    it.each(['wrong password', `${PASSWORD} `])('refuses %j as the server does', async (typed) => {
      expect(await bench.service.signIn({ password: typed })).toEqual(failure('wrongCredentials'));
      expect(asked()).toContain('signIn');
    });

    it.each(['', '\ud800'])('refuses %j without telling the server of it', async (typed) => {
      expect(await bench.service.signIn({ password: typed })).toEqual(failure('wrongCredentials'));
      expect(asked()).toEqual([]);
    });

    describe('with a stretch that is pinned higher than the least', () => {
      const cost: StretchCost = { memoryKiB: 66_000, iterations: 4, parallelism: 4 };

      beforeEach(async () => {
        const { accountId, deviceId, keys } = registered;
        const salt = StretchSalt.of(registered.stretch.salt);
        const owner = { accountId, deviceId };
        const old = await derivePasswordKeys(parsePassword(PASSWORD)!, { salt, cost: registered.stretch.cost });
        const linkKey = linkKeyWrapping.unwrap(keys.wrappedLinkKey, old.passwordKey, owner);
        if (linkKey.outcome !== 'unwrapped') throw new Error(linkKey.reason);
        const raised = await derivePasswordKeys(parsePassword(PASSWORD)!, { salt, cost });
        const wrappedLinkKey = linkKeyWrapping.wrap(linkKey.key, raised.passwordKey, { owner, random: systemRandom });
        bench.accounts.save({ ...bench.record, stretch: { salt, cost }, keys: { ...keys, wrappedLinkKey } });
        const { authentication } = bench.server.only.request;
        const before = { ...authentication };
        Object.assign(authentication, { cost, secret: new Uint8Array(raised.authenticationSecret.unwrap()) });
        restore = () => Object.assign(authentication, before);
      });

      let restore: () => void;
      afterEach(() => restore());

      it.each<[string, (value: AuthParameters) => unknown]>([
        ['fewer passes', (value) => ({ ...value, cost: { ...cost, iterations: 3 } })],
        ['less memory', (value) => ({ ...value, cost: { ...cost, memoryKiB: 65_536 } })],
        ['another salt', (value) => ({ ...value, salt: new Uint8Array(16) })],
      ])('shows no secret to a server that wants %s', async (_, change) => {
        bendParameters(change);
        expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('serverWeakensPassword'));
        expect(asked()).not.toContain('signIn');
        bench.server.bend = (_route, value: unknown) => value;
        okOf(await bench.service.signIn({ password: PASSWORD }));
      });
    });

    it('shows no secret to a server with another trust root, or with keys that were replaced', async () => {
      const { ring } = bench.server;
      bench.server.ring = createServerKeys(systemRandom);
      const { trustRoot } = bench.server.ring;
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(
        failure('serverIdentityChanged', { fingerprint: trustRootFingerprint(trustRoot) }),
      );
      bench.server.bend = (route, value) => (route === 'serverInfo' ? { ...value, trustRoot: ring.trustRoot } : value);
      expect(await bench.service.signIn({ password: PASSWORD })).toMatchObject({
        failure: { code: 'serverIdentityChanged' },
      });
      bench.server.ring = ring;
      expect(asked()).not.toContain('authParameters');
      expect(asked()).not.toContain('signIn');
    });

    it.each([
      ['wrongCredentials', 401, failure('wrongCredentials')],
      ['rateLimited', 429, failure('rateLimited', { retryAfterMs: 3_000 })],
      ['serverBusy', 503, failure('serverAway')],
    ] as const)('tells of %s and stays signed out', async (code, status, expected) => {
      bench.server.failNext('signIn', refusal(status, code, code === 'rateLimited' ? 3_000 : undefined));
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(expected);
      expect(bench.record.tokens).toBeUndefined();
    });

    it.each(['serverInfo', 'authParameters', 'signIn'] as const)(
      'tells that the server is away at %s',
      async (route) => {
        bench.server.failNext(route, 'dropAnswer');
        expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('serverAway'));
        okOf(await bench.service.signIn({ password: PASSWORD }));
      },
    );

    it.each<[string, object]>([
      ['another account', { accountId: '0d9bb9a3-6f0d-4c3e-9c55-0a6ef4f0b001' }],
      ['the account pages', { scope: 'account' }],
    ])('takes no grant for %s', async (_, change) => {
      bench.server.bend = (route, value) => (route === 'signIn' ? { ...value, ...change } : value);
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('notASottoServer'));
      expect(bench.record.tokens).toBeUndefined();
    });

    it('believes that it is unlinked when its own list says so, not when the server does', async () => {
      bench.server.forgotten.add(registered.deviceId);
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('internal'));
      const pin = bench.pins.find(registered.accountId)!;
      leaveTheList(bench);
      expect(await bench.service.signIn({ password: PASSWORD })).toEqual(failure('unlinked'));
      bench.server.only.steps.pop();
      bench.pins.save(pin, []);
    });

    it('needs an account', async () => {
      const empty = await AccountBench.start();
      expect(await empty.service.signIn({ password: PASSWORD })).toEqual(failure('noAccount'));
      await empty.service.signOut();
      await empty.stop();
    });
  });

  describe('signing out', () => {
    it('ends the tokens on the server and here', async () => {
      await bench.service.signIn({ password: PASSWORD });
      await bench.service.signOut();
      expect(bench.server.only.tokens).toBeUndefined();
      expect(bench.record.tokens).toBeUndefined();
      expect(await isSignedIn()).toBe(false);
      expect(asked().at(-1)).toBe('signOut');
    });

    it('ends them here also where the server cannot be reached', async () => {
      await bench.service.signIn({ password: PASSWORD });
      bench.server.failNext('signOut', 'drop');
      await bench.service.signOut();
      expect(bench.record.tokens).toBeUndefined();
      expect(await isSignedIn()).toBe(false);
    });

    it('is not undone by a refresh that was under way', async () => {
      await bench.service.signIn({ password: PASSWORD });
      bench.restart();
      const [, signedOut] = [isSignedIn(), bench.service.signOut()];
      await signedOut;
      expect(bench.record.tokens).toBeUndefined();
      bench.restart();
      expect(await isSignedIn()).toBe(false);
    });
  });

  describe('its connection', () => {
    const stateOf = () => bench.link.connection.state.state;
    const comeOnline = async () => {
      const peer = await bench.server.http.nextSocket('authenticated');
      const token = await peer.admit();
      peer.send({ requestId: 0, body: { type: 'mailboxEmpty', expired: 0 } });
      await eventually(() => stateOf() === 'online');
      return { peer, token };
    };

    it('rests while signed out, connects at sign-in, and rests again after signing out', async () => {
      bench.link.connection.start(handlers);
      await eventually(() => stateOf() === 'signedOut');
      await bench.service.signIn({ password: PASSWORD });
      const { peer } = await comeOnline();
      await bench.service.signOut();
      await peer.closed;
      await eventually(() => stateOf() === 'signedOut');
    });

    it('takes a new token where the server refuses the one that it shows', async () => {
      await bench.service.signIn({ password: PASSWORD });
      bench.link.connection.start(handlers);
      const refused = await bench.server.http.nextSocket('authenticated');
      const { requestId, body } = await refused.next();
      const failureFrame = {
        type: 'failure',
        code: 'tokenExpired',
        message: '',
        errorId: '',
        retryAfterMs: 0,
      } as const;
      refused.send({ requestId, body: failureFrame });
      const { token } = await comeOnline();
      expect(body).toMatchObject({ type: 'authenticate' });
      expect(token).not.toBe((body as { accessToken: string }).accessToken);
    });

    it('fills up the prekeys when it is online', async () => {
      await bench.service.signIn({ password: PASSWORD });
      const { oneTime } = bench.server.only.preKeys;
      for (const id of [...oneTime].slice(5)) oneTime.delete(id);
      bench.link.connection.start(handlers);
      await comeOnline();
      await eventually(() => oneTime.size === 100);
    });

    it('ends as unlinked when the own list no longer names this device', async () => {
      await bench.service.signIn({ password: PASSWORD });
      const pin = bench.pins.find(registered.accountId)!;
      leaveTheList(bench);
      bench.link.connection.start(handlers);
      await comeOnline();
      await eventually(() => stateOf() === 'unlinked');
      bench.server.only.steps.pop();
      bench.pins.save(pin, []);
    });
  });

  describe('looking at a server', () => {
    it('tells its version, whether it is open, and its fingerprint', async () => {
      const seen = okOf(await bench.service.checkServer(bench.server.origin.replace('http://', '')));
      expect(seen).toEqual({
        origin: bench.server.origin,
        version: '0.1.0',
        registration: 'open',
        mail: false,
        serverTime: bench.clock.now(),
        fingerprint: trustRootFingerprint(bench.server.ring.trustRoot),
      });
      expect(seen.fingerprint).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/);
    });

    it('tells that the server of this account is another one now', async () => {
      const { ring } = bench.server;
      bench.server.ring = createServerKeys(systemRandom);
      expect(await bench.service.checkServer(bench.server.origin)).toMatchObject({
        failure: { code: 'serverIdentityChanged' },
      });
      bench.server.ring = ring;
    });

    it.each([
      ['nonsense here', 'badAddress'],
      ['http://chat.example.org', 'insecureAddress'],
    ] as const)('tells what is wrong with %s', async (address, code) => {
      expect(await bench.service.checkServer(address)).toEqual(failure(code));
    });
  });

  describe('checking a password on a device without keys', () => {
    const check = (identifier: string, password = PASSWORD) =>
      bench.service.checkAccount({ address: bench.server.origin, identifier, password });

    it('tells the username where it is right, by name or by email', async () => {
      expect(await check('ANNA')).toEqual({ outcome: 'ok', value: { username: 'anna' } });
      expect(await check(' anna@example.org ')).toEqual({ outcome: 'ok', value: { username: 'anna' } });
      expect(bench.server.http.callsTo('signIn').every(({ body }) => body.device === undefined)).toBe(true);
    });

    it('tells wrong passwords and unknown names alike', async () => {
      expect(await check('anna', 'wrong password')).toEqual(failure('wrongCredentials'));
      expect(await check('nobody')).toEqual(failure('wrongCredentials'));
      expect(await check('')).toEqual(failure('wrongCredentials'));
      expect(await check('x'.repeat(300))).toEqual(failure('wrongCredentials'));
      expect(await check('anna', '\ud800')).toEqual(failure('wrongCredentials'));
    });

    it('stretches nothing for less than the floor, and nothing for hours', async () => {
      for (const cost of [
        { memoryKiB: 65_535, iterations: 3, parallelism: 1 },
        { memoryKiB: 65_536, iterations: 2, parallelism: 1 },
        { memoryKiB: 1_048_577, iterations: 3, parallelism: 1 },
        { memoryKiB: 65_536, iterations: 65, parallelism: 1 },
      ]) {
        const challenge = Buffer.alloc(40).toString('base64url');
        const salt = Buffer.alloc(16).toString('base64url');
        bench.server.failNext('authParameters', { json: { salt, cost, challenge } });
        expect((await check('anna')).outcome).toBe('failed');
      }
      expect(asked()).not.toContain('signIn');
    });

    it('gives no device token where one is offered', async () => {
      bench.server.bend = (route, value) => (route === 'signIn' ? { ...value, scope: 'device' } : value);
      expect(await check('anna')).toEqual(failure('notASottoServer'));
    });

    it('leaves the account of this profile as it is', async () => {
      const before = bench.record;
      await check('anna');
      expect(bench.record).toEqual(before);
    });
  });
});
