import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { ErrorBody, LIMITS, ROUTES, type RouteName } from '@sotto/protocol/wire';
import { z } from 'zod';
import { exchange, type RawAnswer, type RawRequest } from '../testing/client/rest-calls.js';
import { TestAccount } from '../testing/client/test-account.js';
import { describeServer, registerPerson } from '../testing/client/test-servers.js';

const errorOf = (answer: RawAnswer) => {
  const error = z.strictObject(ErrorBody.shape).parse(JSON.parse(answer.text));
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.headers['x-request-id']).toBe(error.requestId);
  // Never a stack, a file or a library.
  expect(answer.text).not.toMatch(/\bat |\.ts|\.js|node_modules|Error:/);
  return { status: answer.status, code: error.code };
};

const json = (value: unknown, headers: Readonly<Record<string, string>> = {}): Omit<RawRequest, 'path'> => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof value === 'string' ? value : JSON.stringify(value),
});

const PARAMETERS = ROUTES.authParameters.path;
const REGISTER = ROUTES.register.path;

describeServer('Refusals over HTTP', (servers) => {
  it('have one shape, whatever is wrong with a request', async () => {
    const server = await servers.start();
    const refusal = async (request: RawRequest) => errorOf(await exchange(server.address, request));
    const parameters = (value: unknown, headers?: Record<string, string>) =>
      refusal({ path: PARAMETERS, ...json(value, headers) });

    const badRequest = { status: 400, code: 'badRequest' };
    expect(await parameters('{')).toEqual(badRequest);
    expect(await parameters('')).toEqual(badRequest);
    expect(await parameters('null')).toEqual(badRequest);
    expect(await parameters('"text"')).toEqual(badRequest);
    expect(await parameters('[1]')).toEqual(badRequest);
    expect(await parameters({})).toEqual(badRequest);
    expect(await parameters({ identifier: 7 })).toEqual(badRequest);
    expect(await parameters({ identifier: '' })).toEqual(badRequest);
    expect(await parameters({ identifier: 'x'.repeat(255) })).toEqual(badRequest);
    expect(await parameters({ identifier: { $ne: null } })).toEqual(badRequest);
    expect(await parameters({ identifier: 'anna', admin: true })).toEqual(badRequest);
    expect(await parameters('{"identifier":"anna","__proto__":{"admin":true}}')).toEqual(badRequest);
    expect(await parameters(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toEqual(badRequest);

    const wrongType = { status: 415, code: 'unsupportedMediaType' };
    expect(await parameters({ identifier: 'a' }, { 'content-type': 'text/plain' })).toEqual(wrongType);
    expect(await parameters({ identifier: 'a' }, { 'content-type': 'application/x-www-form-urlencoded' })).toEqual(
      wrongType,
    );
    expect(await parameters({ identifier: 'a' }, { 'content-type': 'application/json; charset=utf-16' })).toEqual(
      wrongType,
    );
    expect(await parameters({ identifier: 'a' }, { 'content-encoding': 'gzip' })).toEqual(wrongType);
    expect(await refusal({ path: PARAMETERS, method: 'POST' })).toEqual(wrongType);

    expect(await refusal({ path: '/' })).toEqual({ status: 404, code: 'notFound' });
    expect(await refusal({ path: '/v1/nothing' })).toEqual({ status: 404, code: 'notFound' });
    expect(await refusal({ path: '/v1/Health' })).toEqual({ status: 404, code: 'notFound' });
    expect(await refusal({ path: '/v1/health/' })).toEqual({ status: 404, code: 'notFound' });
    expect(await refusal({ path: '/v1/../../etc/passwd' })).toEqual({ status: 404, code: 'notFound' });
    expect(await refusal({ path: '/v1/accounts/%E0%A4%A/device-list' })).toMatchObject({ status: 400 });
    expect(await refusal({ path: PARAMETERS })).toEqual({ status: 405, code: 'methodNotAllowed' });
    expect(await refusal({ path: PARAMETERS, method: 'DELETE' })).toEqual({ status: 405, code: 'methodNotAllowed' });
    expect(await refusal({ path: PARAMETERS, method: 'OPTIONS' })).toEqual({ status: 405, code: 'methodNotAllowed' });
    const allowed = await exchange(server.address, { path: PARAMETERS, method: 'PATCH' });
    expect(allowed.headers.allow).toBe('POST');
  });

  it('cover bodies that are too large, by what they say and by what they are', async () => {
    const server = await servers.start();
    const tooLarge = { status: 413, code: 'payloadTooLarge' };
    const filled = (bytes: number) => JSON.stringify({ identifier: 'a', filler: 'x'.repeat(bytes) });
    expect(errorOf(await exchange(server.address, { path: PARAMETERS, ...json(filled(LIMITS.bodyBytes)) }))).toEqual(
      tooLarge,
    );
    const chunked = json(filled(LIMITS.bodyBytes), { 'transfer-encoding': 'chunked' });
    expect(errorOf(await exchange(server.address, { path: PARAMETERS, ...chunked }))).toEqual(tooLarge);
    // Routes that carry prekeys take more, but not without end.
    expect(errorOf(await exchange(server.address, { path: REGISTER, ...json(filled(LIMITS.bodyBytes)) }))).toEqual({
      status: 400,
      code: 'badRequest',
    });
    expect(
      errorOf(await exchange(server.address, { path: REGISTER, ...json(filled(LIMITS.preKeyBodyBytes)) })),
    ).toEqual(tooLarge);
  });

  it('cover bodies where none is wanted, and browsers', async () => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    const authorization = `Bearer ${token}`;
    const withBody = await exchange(server.address, {
      path: ROUTES.senderCertificate.path,
      ...json('{}', { authorization }),
    });
    expect(errorOf(withBody)).toEqual({ status: 400, code: 'badRequest' });
    for (const origin of ['https://evil.example', 'null', server.address]) {
      const answer = await exchange(server.address, { path: ROUTES.health.path, headers: { origin } });
      expect(errorOf(answer)).toEqual({ status: 403, code: 'forbiddenOrigin' });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('cover what is not HTTP at all', async () => {
    const server = await servers.start();
    const { port, hostname } = new URL(server.address);
    for (const bytes of ['nonsense\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`]) {
      const socket = connect(Number(port), hostname);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.write(bytes);
      await once(socket, 'close');
      const answer = Buffer.concat(chunks).toString('utf8');
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(z.strictObject(ErrorBody.shape).parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).code).toBe(
        'badRequest',
      );
    }
  });

  it('cover every field of a registration that has another type', async () => {
    const server = await servers.start();
    const good = z.encode(ROUTES.register.body, new TestAccount('Anna').registerRequest()) as Record<string, unknown>;
    for (const name of Object.keys(good)) {
      for (const value of [null, 7, 'ä', [], {}, true]) {
        const answer = await exchange(server.address, { path: REGISTER, ...json({ ...good, [name]: value }) });
        expect([name, errorOf(answer)]).toEqual([name, { status: 400, code: 'badRequest' }]);
      }
      if (name === 'email') continue;
      const { [name]: _, ...missing } = good;
      expect(errorOf(await exchange(server.address, { path: REGISTER, ...json(missing) }))).toEqual({
        status: 400,
        code: 'badRequest',
      });
    }
  });

  it('want a token wherever the contract says so', async () => {
    const server = await servers.start();
    for (const [name, route] of Object.entries(ROUTES) as [RouteName, (typeof ROUTES)[RouteName]][]) {
      // Where the body may show who is calling, it is read first: tests of those routes leave both out.
      if (route.access === 'public' || route.access.startsWith('deviceOr')) continue;
      const body = 'body' in route ? json({}) : {};
      const answer = await exchange(server.address, { path: route.path, ...body, method: route.method });
      expect([name, errorOf(answer)]).toEqual([name, { status: 401, code: 'unauthorized' }]);
    }
  });

  describe('answers', () => {
    it('carry what keeps them out of caches and browsers', async () => {
      const server = await servers.start();
      const { headers, status } = await exchange(server.address, { path: ROUTES.health.path });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    });

    it('bind browsers to TLS behind a proxy, and refuse what came to the proxy in the clear', async () => {
      const server = await servers.start({ settings: { SOTTO_BEHIND_TLS_PROXY: '1' } });
      const secure = await exchange(server.address, {
        path: ROUTES.health.path,
        headers: { 'x-forwarded-proto': 'https' },
      });
      expect(secure.headers['strict-transport-security']).toBe('max-age=31536000');
      const plain = await exchange(server.address, {
        path: ROUTES.health.path,
        headers: { 'x-forwarded-proto': 'http' },
      });
      expect(errorOf(plain)).toEqual({ status: 400, code: 'badRequest' });
    });
  });
});
