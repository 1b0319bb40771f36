import { expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { parseUsername } from '@sotto/protocol/ids';
import { call, exchange, succeed } from '../testing/client/rest-calls.js';
import { preKeysOf, TestAccount } from '../testing/client/test-account.js';
import { describeServer, registerPerson, type TestServer } from '../testing/client/test-servers.js';

/** Limits as they are in production; other addresses are pretended by the header that a proxy writes. */
const LIMITED = { SOTTO_LIMIT_FACTOR: '1', SOTTO_BEHIND_TLS_PROXY: '1' };

const from = (address: string) => ({ 'content-type': 'application/json', 'x-forwarded-for': address });

describeServer('Limits', (servers) => {
  const signIn = async (server: TestServer, identifier: string, secret: Uint8Array, address: string) => {
    const body = JSON.stringify({ identifier, secret: Buffer.from(secret).toString('base64url') });
    return (await exchange(server.address, { method: 'POST', path: '/v1/auth/sign-in', headers: from(address), body }))
      .status;
  };

  it('on guessing count failures of one name from one address, and lock nobody else out', async () => {
    const server = await servers.start({ settings: LIMITED });
    const { account } = await registerPerson(server);
    const guess = () => signIn(server, account.username, systemRandom.bytes(32), '192.0.2.1');
    const right = (address: string, name: string = account.username) => signIn(server, name, account.secret, address);
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await right('192.0.2.1')).toBe(200);
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await guess()).toBe(401);
    expect(await guess()).toBe(429);
    expect(await right('192.0.2.1')).toBe(429);
    // Another way to write the name is the same name, another address is not the same guesser.
    expect(await right('192.0.2.1', account.username.toUpperCase())).toBe(429);
    expect(await right('192.0.2.2')).toBe(200);
  });

  it('on guessing hold when many guesses come at once', async () => {
    const server = await servers.start({ settings: LIMITED });
    const { account } = await registerPerson(server);
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () => signIn(server, account.username, systemRandom.bytes(32), '192.0.2.1')),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(15);
  });

  it('on registering say how long to wait', async () => {
    const server = await servers.start({ settings: LIMITED });
    for (let index = 0; index < 6; index += 1) await registerPerson(server);
    const refused = await call(server.address, 'register', { body: new TestAccount('seventh').registerRequest() });
    expect(refused).toMatchObject({ status: 429, error: { code: 'rateLimited' } });
    if (refused.type !== 'refused') throw new Error('not refused');
    expect(refused.error.retryAfterMs).toBeGreaterThan(0);
    expect(refused.error.retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  it('on looking people up count the person who asks', async () => {
    const server = await servers.start({ settings: LIMITED });
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const find = async (token: string) =>
      (await call(server.address, 'findAccount', { token, body: { username: parseUsername('nobody')! } })).status;
    const statuses: number[] = [];
    for (let index = 0; index < 101; index += 1) statuses.push(await find(anna.token));
    expect(statuses.filter((status) => status === 404)).toHaveLength(100);
    expect(statuses.at(-1)).toBe(429);
    expect(await find(boris.token)).toBe(404);
  });

  it('on claiming leave the one-time keys to others, and refuse nobody', async () => {
    const server = await servers.start({ settings: LIMITED });
    const [anna, boris, carla] = [
      await registerPerson(server),
      await registerPerson(server),
      await registerPerson(server),
    ];
    await succeed(server.address, 'publishPreKeys', {
      token: anna.token,
      body: preKeysOf(anna.account.keys.device, 20, 50),
    });
    const claim = async (token: string) => {
      const body = { accountId: anna.account.accountId, deviceIds: [anna.account.deviceId] };
      const { bundles } = await succeed(server.address, 'claimPreKeys', { token, body });
      return bundles[0]?.oneTimePreKey;
    };
    for (let index = 0; index < 6; index += 1) expect(await claim(boris.token)).toBeDefined();
    expect(await claim(boris.token)).toBeUndefined();
    expect(await claim(carla.token)).toBeDefined();
    const counts = await succeed(server.address, 'preKeyCounts', { token: anna.token });
    expect(counts.oneTimePreKeys).toBe(22 - 7);
  });

  it('on publishing count uploads', async () => {
    const server = await servers.start({ settings: LIMITED });
    const { token } = await registerPerson(server);
    const publish = async () =>
      (await call(server.address, 'publishPreKeys', { token, body: { oneTimePreKeys: [], oneTimeKyberPreKeys: [] } }))
        .status;
    for (let index = 0; index < 10; index += 1) expect(await publish()).toBe(200);
    expect(await publish()).toBe(429);
  });
});
