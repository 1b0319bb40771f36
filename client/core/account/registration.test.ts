import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createAccount,
  deriveAccessKey,
  deriveAccountRoot,
  derivePasswordKeys,
  linkKeyWrapping,
  parseCertificate,
  linkPublicKeyOf,
  parsePassword,
  ProfileKey,
  recoverySeedWrapping,
  StretchSalt,
  systemRandom,
} from '@sotto/crypto';
import { createServerKeys } from '@sotto/crypto/server';
import type { Registered } from '@sotto/protocol/wire';
import { refusal } from '../net/testing/test-server.js';
import { judgePassword } from './password-rules.js';
import { AccountBench, failure, okOf, PASSWORD } from './testing/account-bench.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(120_000);

describe('registering', () => {
  let bench: AccountBench;

  beforeEach(async () => {
    bench = await AccountBench.start();
  });

  afterEach(async () => {
    await bench.stop();
  });

  it('makes an account that the server holds, and pins server and genesis list', async () => {
    const account = okOf(await bench.register({ username: ' Anna ', email: ' anna@example.org ' }));
    const { request, certificate, preKeys } = bench.server.only;
    expect(request).toMatchObject({ accountId: account.accountId, username: 'Anna', email: 'anna@example.org' });
    expect(certificate.deviceId).toBe(account.deviceId);
    expect(bench.service.find()).toEqual(account);
    expect(bench.record).toMatchObject({ phase: 'registered', pendingRequest: undefined });
    expect(bench.record.server).toMatchObject({ origin: bench.server.origin, trustRoot: bench.server.ring.trustRoot });
    const pin = bench.pins.find(account.accountId);
    expect(pin).toMatchObject({ head: { epoch: 0, number: 0 }, devices: [{ deviceId: account.deviceId }] });
    expect(pin?.list).toEqual(request.genesis.bytes);
    expect(bench.preKeys.findPublication()).toMatchObject({
      signedPreKeyId: preKeys.signed,
      lastResortKyberPreKeyId: preKeys.lastResort,
    });
  });

  it('shows the server neither the password nor a private key, and its access key as a hash', async () => {
    okOf(await bench.register());
    const sent = JSON.stringify(bench.server.http.callsTo('register')[0]?.body, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    );
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const { keys, tokens } = bench.record;
    for (const secret of [
      hex(Buffer.from(PASSWORD)),
      hex(keys.identityKeyPair),
      hex(keys.deviceSigningKey),
      hex(keys.profileKey),
      hex(keys.storageKey),
      hex(tokens!.refreshToken),
    ]) {
      expect(sent).not.toContain(secret);
    }
    const accessKey = deriveAccessKey(ProfileKey.of(keys.profileKey));
    expect(sent).not.toContain(hex(accessKey.unwrap()));
    expect(bench.server.opens(bench.server.only, accessKey.unwrap())).toBe(true);
  });

  it('wraps link key and recovery seed under the password, and nothing opens them without it', async () => {
    okOf(await bench.register());
    const { accountId, deviceId, keys, stretch } = bench.record;
    const parameters = { salt: StretchSalt.of(stretch.salt), cost: stretch.cost };
    const owner = { accountId, deviceId };
    const { passwordKey } = await derivePasswordKeys(parsePassword(PASSWORD)!, parameters);
    const seed = recoverySeedWrapping.unwrap(keys.wrappedRecoverySeed!, passwordKey, owner);
    if (seed.outcome !== 'unwrapped') throw new Error(seed.reason);
    expect(deriveAccountRoot(seed.key)).toEqual({
      accountIdentityKey: keys.accountIdentityKey,
      recoveryPublicKey: keys.recoveryPublicKey,
    });
    const linkKey = linkKeyWrapping.unwrap(keys.wrappedLinkKey, passwordKey, owner);
    if (linkKey.outcome !== 'unwrapped') throw new Error(linkKey.reason);
    const certificate = parseCertificate(bench.server.only.request.device.certificate.bytes);
    expect(linkPublicKeyOf(linkKey.key)).toEqual(certificate?.linkKey);
    const other = await derivePasswordKeys(parsePassword(`${PASSWORD}!`)!, parameters);
    expect(recoverySeedWrapping.unwrap(keys.wrappedRecoverySeed!, other.passwordKey, owner).outcome).toBe('refused');
  });

  it.each([
    [{ address: 'chat.example.org/elsewhere' }, failure('badAddress')],
    [{ address: 'http://chat.example.org' }, failure('insecureAddress')],
    [{ username: 'a' }, failure('usernameInvalid')],
    [{ username: 'Анна' }, failure('usernameInvalid')],
    [{ email: 'anna' }, failure('emailInvalid')],
    [{ password: 'Kx7!pQ2m' }, failure('passwordTooShort', { least: 10 })],
    [{ password: 'password1234' }, failure('passwordTooWeak')],
    [{ username: 'zhwtqkxbmv', password: 'Zhwtqkxbmv1!' }, failure('passwordTooWeak')],
    [{ email: 'zhwtqkxbmv@example.org', password: 'Zhwtqkxbmv1!' }, failure('passwordTooWeak')],
    [{ password: `trombone-basalt-kayak\ud800` }, failure('passwordTooWeak')],
  ])('refuses %j before it asks anybody', async (changes, expected) => {
    bench.judgePassword = judgePassword;
    bench.restart();
    expect(await bench.register(changes)).toEqual(expected);
    expect(bench.server.http.calls).toEqual([]);
    expect(bench.accounts.find()).toBeUndefined();
  });

  it('takes no email for an empty one', async () => {
    okOf(await bench.register({ email: '  ' }));
    expect(bench.server.only.request).not.toHaveProperty('email');
  });

  it('tells that the server is away, and that something else answers', async () => {
    const silent = await AccountBench.start();
    await silent.server.stop();
    expect(await bench.register({ address: silent.server.origin })).toEqual(failure('serverAway'));
    bench.server.failNext('serverInfo', { json: { name: 'nginx' } });
    expect(await bench.register()).toEqual(failure('notASottoServer'));
    expect(bench.accounts.find()).toBeUndefined();
    await silent.service.close();
  });

  it('believes no server whose keys its own trust root has not signed', async () => {
    const other = createServerKeys(systemRandom);
    bench.server.bend = (route, value) => (route === 'serverInfo' ? { ...value, trustRoot: other.trustRoot } : value);
    expect(await bench.register()).toEqual(failure('notASottoServer'));
    expect(bench.server.accounts.size).toBe(0);
  });

  it('asks nothing of a server that is closed, and hears it also when it closes meanwhile', async () => {
    bench.server.isOpen = false;
    expect(await bench.register()).toEqual(failure('registrationClosed'));
    expect(bench.server.http.callsTo('register')).toEqual([]);
    bench.server.bend = (route, value) => (route === 'serverInfo' ? { ...value, registration: 'open' } : value);
    expect(await bench.register()).toEqual(failure('registrationClosed'));
    expect(bench.accounts.find()).toBeUndefined();
  });

  it.each([
    ['usernameTaken', 409, failure('usernameTaken')],
    ['emailTaken', 409, failure('emailTaken')],
    ['rateLimited', 429, failure('rateLimited', { retryAfterMs: 4_000 })],
    ['badRequest', 400, failure('internal')],
    ['invalidPreKeys', 400, failure('internal')],
  ] as const)('keeps nothing of a registration that is refused with %s', async (code, status, expected) => {
    bench.server.failNext('register', refusal(status, code, code === 'rateLimited' ? 4_000 : undefined));
    expect(await bench.register()).toEqual(expected);
    expect(bench.accounts.find()).toBeUndefined();
    expect(bench.preKeys.listSigned()).toEqual([]);
    expect(bench.server.http.callsTo('signIn')).toEqual([]);
    expect(bench.service.link).toBeUndefined();
    okOf(await bench.register({ username: 'anna2' }));
  });

  it.each<[string, (value: Registered) => unknown]>([
    ['a forged receipt', (value) => ({ ...value, receipt: { ...value.receipt, signature: new Uint8Array(64) } })],
    [
      'a receipt of another time',
      (value) => ({ ...value, receipt: { ...value.receipt, time: value.receipt.time + 1 } }),
    ],
    [
      'a grant for another account',
      (value) => ({
        ...value,
        grant: {
          ...value.grant,
          accountId: createAccount({ random: systemRandom, clock: { now: () => 0 as never } }).accountId,
        },
      }),
    ],
    ['a grant for the account pages', (value) => ({ ...value, grant: { ...value.grant, scope: 'account' } })],
    [
      'a token that no header can carry',
      (value) => ({ ...value, grant: { ...value.grant, accessToken: 'a\r\nb: c' } }),
    ],
  ])('does not finish on %s, and does so once the server is honest', async (_, bend) => {
    bench.server.bend = (route, value) => (route === 'register' ? bend(value as Registered) : value);
    expect(await bench.register()).toEqual(failure('notASottoServer'));
    expect(bench.service.find()).toBeUndefined();
    expect(bench.record.phase).toBe('pending');
    bench.server.bend = (_route, value: unknown) => value;
    const account = okOf(await bench.register());
    expect(bench.server.only.request.accountId).toBe(account.accountId);
  });

  it('makes one account of two calls at once', async () => {
    const [first, second] = await Promise.all([bench.register(), bench.register()]);
    expect(okOf(first).username).toBe('anna');
    expect(second).toEqual(failure('accountExists'));
    expect(bench.server.accounts.size).toBe(1);
    expect(await bench.register({ username: 'other' })).toEqual(failure('accountExists'));
  });

  it('begins with the tokens that the registration gave, and with a stock of prekeys', async () => {
    okOf(await bench.register());
    expect(await bench.link.account.call('preKeyCounts', {})).toEqual({
      outcome: 'ok',
      value: { oneTimePreKeys: 100, oneTimeKyberPreKeys: 100 },
    });
    expect(bench.server.http.callsTo('refresh')).toEqual([]);
    await bench.link.preKeys.run();
    expect(bench.server.http.callsTo('publishPreKeys')).toEqual([]);
  });
});
