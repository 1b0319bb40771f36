import { expect, it } from '@jest/globals';
import { ErrorBody, LIMITS, ROUTES, type Route, type RouteName } from '@sotto/protocol/wire';
import { z } from 'zod';
import { exchange, type RawRequest } from '../testing/client/rest-calls.js';
import { describeServer, registerPerson, type TestServer } from '../testing/client/test-servers.js';

const routes = Object.entries(ROUTES) as [RouteName, Route][];
const withBody = routes.filter(([, { body }]) => body !== undefined);
const withJson = withBody.filter(([, { raw }]) => raw !== 'body');

/** What stands in the place of path parameters: nothing of it is an id of anything. */
const pathOf = ({ path }: Route): string => path.replace(/:\w+/g, 'x');

/** A refusal in the one shape, in short; whatever else comes back fails the test. */
const refusal = async (
  server: TestServer,
  route: Route,
  request: Omit<RawRequest, 'path' | 'method'>,
): Promise<string> => {
  const answer = await exchange(server.address, { path: pathOf(route), method: route.method, ...request });
  const error = z.strictObject(ErrorBody.shape).parse(JSON.parse(answer.text));
  expect(answer.headers['x-request-id']).toBe(error.requestId);
  expect(answer.text).not.toMatch(/\bat |\.ts|\.js|node_modules|Error:/);
  return `${String(answer.status)} ${error.code}`;
};

/** Bodies that no route takes, each with what is wrong with it. */
const NO_BODIES: readonly (readonly [string, string])[] = [
  ['is cut short', '{"a":'],
  ['is empty', ''],
  ['is null', 'null'],
  ['is a text', '"text"'],
  ['is a list', '[]'],
  ['has a field that nobody knows', '{"unknownField":true}'],
  ['wants to change its prototype', '{"__proto__":{"caller":{"scope":"device"}}}'],
];

/** The fields of a body, where it is one object. */
const fieldsOf = ({ body }: Route): string[] => (body instanceof z.ZodObject ? Object.keys(body.shape) : []);

/** Nothing that any field of a request may be. */
const NO_VALUES = [null, { nothing: 'fits' }, [[[]]], -1.5];

describeServer('Every route', (servers) => {
  const signedIn = async () => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    return { server, authorization: `Bearer ${token}` };
  };

  it('refuses a body that is none of its own', async () => {
    const { server, authorization } = await signedIn();
    const headers = { authorization, 'content-type': 'application/json' };
    for (const [name, route] of withJson) {
      for (const [what, body] of NO_BODIES)
        expect([name, what, await refusal(server, route, { headers, body })]).toEqual([name, what, '400 badRequest']);
      for (const field of fieldsOf(route)) {
        for (const value of NO_VALUES) {
          const body = JSON.stringify({ [field]: value });
          expect([name, body, await refusal(server, route, { headers, body })]).toEqual([name, body, '400 badRequest']);
        }
      }
    }
  });

  it('takes a body of its own type alone, and none where it wants none', async () => {
    const { server, authorization } = await signedIn();
    for (const [name, route] of routes) {
      const sent = (type: string) => ({ headers: { authorization, 'content-type': type }, body: '{}' });
      const expected = route.body === undefined ? '400 badRequest' : '415 unsupportedMediaType';
      expect([name, await refusal(server, route, sent('text/plain'))]).toEqual([name, expected]);
      const other = route.raw === 'body' ? 'application/json' : 'application/octet-stream';
      expect([name, await refusal(server, route, sent(other))]).toEqual([name, expected]);
    }
  });

  it('refuses a body over its limit', async () => {
    const { server, authorization } = await signedIn();
    for (const [name, route] of withBody) {
      const headers = {
        authorization,
        'content-type': route.raw === 'body' ? 'application/octet-stream' : 'application/json',
      };
      const body = `{"a":"${'x'.repeat(route.bodyBytes ?? LIMITS.bodyBytes)}"}`;
      expect([name, await refusal(server, route, { headers, body })]).toEqual([name, '413 payloadTooLarge']);
    }
  });

  it('refuses a token that nobody made, whatever else could stand for it', async () => {
    const { server, authorization } = await signedIn();
    const [head, claims] = authorization.split('.');
    const forged = ['Bearer x', 'Basic x', 'Bearer', authorization.slice(0, -4), `${head ?? ''}.${claims ?? ''}.`];
    for (const [name, route] of routes.filter(([, { access }]) => access !== 'public')) {
      for (const authorization of forged)
        expect([name, await refusal(server, route, { headers: { authorization } })]).toEqual([
          name,
          '401 unauthorized',
        ]);
    }
  });

  it('refuses a query that it does not know, and a path that names nothing', async () => {
    const { server, authorization } = await signedIn();
    const headers = { authorization };
    for (const [name, route] of routes.filter(([, { query }]) => query !== undefined)) {
      const path = { ...route, path: `${route.path}?unknown=1` };
      expect([name, await refusal(server, path, { headers })]).toEqual([name, '400 badRequest']);
    }
    for (const [name, route] of routes.filter(([, { path, body }]) => path.includes(':') && body === undefined))
      expect([name, await refusal(server, route, { headers })]).toEqual([name, expect.stringMatching(/^40[04] /)]);
  });
});
