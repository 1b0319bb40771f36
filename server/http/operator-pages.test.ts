import { expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describeFrames, ROUTES } from '@sotto/protocol/wire';
import { RATE_LIMITS } from '../domain/rate-limit.js';
import { exchange, succeed } from '../testing/client/rest-calls.js';
import { describeServer, registerPerson, sendTo } from '../testing/client/test-servers.js';
import { openApi } from './openapi.js';

const TOKEN = 'a token of the operator';

/** Every schema inside, with the way to it. */
function* schemasIn(value: unknown, way = ''): Generator<readonly [string, object]> {
  if (typeof value !== 'object' || value === null) return;
  if (way.endsWith('.schema') || /\.properties\.[^.]+$/.test(way) || way.endsWith('.items')) yield [way, value];
  for (const [key, inner] of Object.entries(value)) yield* schemasIn(inner, `${way}.${key}`);
}

describeServer('What operators and developers read', (servers) => {
  it('describes every route with what it takes, what it answers, and who may call', async () => {
    const description = openApi();
    const verdict = await new Validator().validate(JSON.parse(JSON.stringify(description)) as Record<string, unknown>);
    expect(verdict).toMatchObject({ valid: true });
    const paths = description['paths'] as Record<string, Record<string, { operationId: string; security: unknown[] }>>;
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(ROUTES).toSorted());
    for (const { operationId, security } of operations) {
      const isPublic = ROUTES[operationId as keyof typeof ROUTES].access === 'public';
      expect([operationId, security.length === 0]).toEqual([operationId, isPublic]);
    }
    // A schema that says nothing would let a reader think that anything goes.
    const empty = [...schemasIn(paths)].filter(([, schema]) => Object.keys(schema).length === 0);
    expect(empty.map(([way]) => way)).toEqual([]);
  });

  it('names limits of its own for every frame that a client may send', () => {
    const frames = describeFrames();
    expect(frames.length).toBeGreaterThan(10);
    for (const { name, limits } of frames.filter(({ direction }) => direction === 'toServer')) {
      expect([name, limits?.length]).not.toEqual([name, 0]);
      for (const limit of limits ?? []) expect(Object.keys(RATE_LIMITS)).toContain(limit);
    }
  });

  it('shows the same on a page that asks nobody for anything', async () => {
    const server = await servers.start();
    const described = await exchange(server.address, { path: '/openapi.json' });
    expect(JSON.parse(described.text)).toEqual(JSON.parse(JSON.stringify(openApi())));
    const page = await exchange(server.address, { path: '/docs' });
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.text).not.toMatch(/<script|<link|<img|src=|url\(|https?:\/\//);
    for (const name of Object.keys(ROUTES)) expect(page.text).toContain(`id="${name}"`);
    for (const { name } of describeFrames()) expect(page.text).toContain(`id="frame-${name}"`);
  });

  it('counts what happens, and names nobody', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const socket = await servers.open(server, anna);
    await socket.next('mailboxEmpty');
    await socket.request(sendTo(anna.account));
    const { envelopes } = await socket.next('deliver');
    await socket.request({ type: 'acknowledge', envelopeIds: envelopes.map(({ envelopeId }) => envelopeId) });
    await succeed(server.address, 'ownDevices', { token: anna.token });
    const { status, text } = await exchange(server.address, { path: '/metrics' });
    expect(status).toBe(200);
    expect(text).toContain('sotto_sockets{kind="device"} 1');
    expect(text).toContain('sotto_envelopes_accepted_total 1');
    expect(text).toContain('sotto_envelopes_acknowledged_total 1');
    expect(text).toContain('sotto_http_requests_total{route="ownDevices"} 1');
    expect(text).toContain('sotto_commit_seconds_count 1');
    expect(text).toContain('sotto_build{version=');
    for (const secret of [anna.account.username, anna.account.accountId, anna.token, '127.0.0.1'])
      expect(text).not.toContain(secret);
  });

  it('tells its metrics on this machine alone, or to whoever has the token', async () => {
    const plain = await servers.start();
    const forwarded = { 'x-forwarded-for': '127.0.0.1' };
    expect((await exchange(plain.address, { path: '/metrics', headers: forwarded })).status).toBe(403);
    const guarded = await servers.start({ settings: { SOTTO_METRICS_TOKEN: TOKEN.replaceAll(' ', '-') } });
    const ask = (authorization?: string) =>
      exchange(guarded.address, {
        path: '/metrics',
        headers: { ...forwarded, ...(authorization === undefined ? {} : { authorization }) },
      });
    expect((await ask()).status).toBe(403);
    expect((await ask('Bearer something-else-that-is-long')).status).toBe(403);
    expect((await ask(`Bearer ${TOKEN.replaceAll(' ', '-')}`)).status).toBe(200);
  });
});
