import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { RefreshToken } from '@sotto/crypto';
import { parseUsername } from '@sotto/protocol/ids';
import { linkDevice, listWithout } from '../testing/client/link-device.js';
import { stepUp } from '../testing/client/link-flow.js';
import { call, exchange, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { newDeviceKeys, newRefreshToken } from '../testing/client/test-account.js';
import { describeServer, registerPerson, signInPerson, type TestPerson } from '../testing/client/test-servers.js';

describeServer('Tokens', (servers) => {
  const refresh = (address: string, { account }: TestPerson, current: RefreshToken, next = newRefreshToken()) =>
    call(address, 'refresh', { body: account.refreshRequest(current, next) });

  it('are exchanged for the next ones, once each', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const [first, second, third] = [anna.account.refreshToken, newRefreshToken(), newRefreshToken()];
    const result = await refresh(server.address, anna, first, second);
    expect(result).toMatchObject({ type: 'ok', value: { scope: 'device', accountId: anna.account.accountId } });
    expect((await refresh(server.address, anna, second, third)).type).toBe('ok');
    const token = result.type === 'ok' ? result.value.accessToken : '';
    expect(await refusalOf(server.address, 'preKeyCounts', { token })).toBeUndefined();
  });

  it('are given again to a client that lost the answer', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const [first, second] = [anna.account.refreshToken, newRefreshToken()];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await refresh(server.address, anna, first, second)).type).toBe('ok');
    }
    expect((await refresh(server.address, anna, second)).type).toBe('ok');
  });

  it('die as a family when an old one comes back, and the socket with them', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const socket = await servers.open(server, anna);
    const [first, second, third] = [anna.account.refreshToken, newRefreshToken(), newRefreshToken()];
    await refresh(server.address, anna, first, second);
    await refresh(server.address, anna, second, third);
    expect(await refresh(server.address, anna, first)).toMatchObject({
      status: 401,
      error: { code: 'refreshTokenReused' },
    });
    expect(await refresh(server.address, anna, third)).toMatchObject({ error: { code: 'unauthorized' } });
    expect(await refusalOf(server.address, 'preKeyCounts', { token: anna.token })).toBe('unauthorized');
    expect(await socket.closing()).toBe(1008);
    expect(await socket.next('failure')).toMatchObject({ code: 'unauthorized' });
    const again = await signInPerson(server, anna.account);
    expect(await refusalOf(server.address, 'preKeyCounts', { token: again.token })).toBeUndefined();
  });

  it('of fifty different exchanges at once have one winner at most, and never two living successors', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const nexts = Array.from({ length: 50 }, newRefreshToken);
    const first = anna.account.refreshToken;
    const results = await Promise.all(nexts.map((next) => refresh(server.address, anna, first, next)));
    expect(results.filter(({ type }) => type === 'ok')).toHaveLength(1);
    // Somebody showed a spent token: nobody keeps the family, the winner included.
    const after = await Promise.all(nexts.map((next) => refresh(server.address, anna, next)));
    expect(after.filter(({ type }) => type === 'ok')).toHaveLength(0);
  });

  it('of fifty repeats of one exchange at once all get the one successor', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const next = newRefreshToken();
    const first = anna.account.refreshToken;
    const results = await Promise.all(Array.from({ length: 50 }, () => refresh(server.address, anna, first, next)));
    expect(results.filter(({ type }) => type === 'ok')).toHaveLength(50);
    expect((await refresh(server.address, anna, next)).type).toBe('ok');
  });

  it('are useless without the signature of their device, and a stranger cannot end them', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const { account } = anna;
    const stolen = account.refreshToken;
    const good = account.refreshRequest(stolen, newRefreshToken());
    const send = (body: typeof good) => refusalOf(server.address, 'refresh', { body });
    expect(await send({ ...good, nextRefreshTokenHash: new Uint8Array(32) })).toBe('invalidSignature');
    expect(await send({ ...good, refreshToken: new Uint8Array(32) })).toBe('invalidSignature');
    const thief = newDeviceKeys();
    const forged = account.refreshRequest(stolen, newRefreshToken(), { ...thief, deviceId: account.deviceId });
    expect(await send(forged)).toBe('invalidSignature');
    expect(await send(account.refreshRequest(stolen, newRefreshToken(), thief))).toBe('deviceNotListed');
    expect((await refresh(server.address, anna, stolen)).type).toBe('ok');
  });

  it('expire after three months without a refresh', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    server.clock.offsetMs = 91 * 86_400_000;
    expect(await refresh(server.address, anna, anna.account.refreshToken)).toMatchObject({
      error: { code: 'unauthorized' },
    });
  });

  it('end at sign-out, of this device alone', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const second = await linkDevice(await server.storage(), anna.account);
    const other = await signInPerson(server, anna.account, second);
    const [socket, otherSocket] = [await servers.open(server, anna), await servers.open(server, other)];
    await succeed(server.address, 'signOut', { token: anna.token });
    expect(await socket.closing()).toBe(1008);
    expect(await refusalOf(server.address, 'preKeyCounts', { token: anna.token })).toBe('unauthorized');
    expect(await refusalOf(server.address, 'preKeyCounts', { token: other.token })).toBeUndefined();
    expect(otherSocket.closed).toBeUndefined();
  });

  it('of the account pages open nothing that belongs to a device', async () => {
    const server = await servers.start();
    const { account } = await registerPerson(server);
    const body = { identifier: account.username, secret: account.secret };
    const token = (await succeed(server.address, 'signIn', { body })).accessToken;
    expect(await call(server.address, 'preKeyCounts', { token })).toMatchObject({
      status: 403,
      error: { code: 'accessDenied' },
    });
    const username = parseUsername('anybody')!;
    expect(await refusalOf(server.address, 'findAccount', { token, body: { username } })).toBe('accessDenied');
    expect(await refusalOf(server.address, 'senderCertificate', { token })).toBe('accessDenied');
    expect(await refusalOf(server.address, 'signOut', { token })).toBeUndefined();
  });

  it('that have expired or are forged are told apart, and both refused', async () => {
    const server = await servers.start();
    const { token, account } = await registerPerson(server);
    const { privateKey } = generateKeyPairSync('ed25519');
    const forged = await new SignJWT({ scope: 'device', device: account.deviceId })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
      .setIssuer('sotto-server')
      .setAudience('sotto-api')
      .setSubject(account.accountId)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(privateKey);
    expect(await call(server.address, 'preKeyCounts', { token: forged })).toMatchObject({
      status: 401,
      error: { code: 'unauthorized' },
    });
    server.clock.offsetMs = 11 * 60_000;
    expect(await call(server.address, 'preKeyCounts', { token })).toMatchObject({
      status: 401,
      error: { code: 'tokenExpired' },
    });
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${token}`,
      `Bearer ${token} x`,
      `Bearer ${'a'.repeat(3_000)}`,
    ]) {
      const answer = await exchange(server.address, { path: '/v1/prekeys/counts', headers: { authorization } });
      expect([authorization.slice(0, 10), answer.status, JSON.parse(answer.text).code]).toEqual([
        authorization.slice(0, 10),
        401,
        'unauthorized',
      ]);
    }
  });

  it('of an unlinked device open nothing from the same moment', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const storage = await server.storage();
    const second = await linkDevice(storage, anna.account);
    const other = await signInPerson(server, anna.account, second);
    const otherRefreshToken = anna.account.refreshToken;
    const socket = await servers.open(server, other);
    const list = await listWithout(storage, anna.account, second.deviceId);
    await succeed(server.address, 'appendDeviceList', {
      token: anna.token,
      body: { list, stepUpToken: await stepUp(server, anna) },
    });
    expect(await refusalOf(server.address, 'preKeyCounts', { token: other.token })).toBe('deviceNotListed');
    const body = anna.account.refreshRequest(otherRefreshToken, newRefreshToken(), second);
    expect(await refusalOf(server.address, 'refresh', { body })).toBe('deviceNotListed');
    expect(await socket.closing()).toBe(1008);
    expect(await socket.next('failure')).toMatchObject({ code: 'deviceNotListed' });
  });
});
