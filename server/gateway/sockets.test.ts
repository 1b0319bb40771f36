import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { encodeClientFrame, ErrorBody, LIMITS } from '@sotto/protocol/wire';
import { WebSocket, type ClientOptions } from 'ws';
import { z } from 'zod';
import { FrameClient } from '../testing/client/frame-client.js';
import { exchange, succeed } from '../testing/client/rest-calls.js';
import { describeServer, registerPerson, sendTo, type TestServer } from '../testing/client/test-servers.js';

/** What a handshake is refused with. */
const refusedHandshake = async (server: TestServer, path: string, options: ClientOptions = {}) => {
  const socket = new WebSocket(server.address.replace('http', 'ws') + path, options);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const error = z.strictObject(ErrorBody.shape).parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  return { status: response.statusCode, code: error.code };
};

describeServer('Sockets', (servers) => {
  const open = async (server: TestServer, kind: 'authenticated' | 'anonymous') => {
    const client = await FrameClient.open(server.address, kind);
    servers.onEnd(() => client.socket.terminate());
    return client;
  };

  describe('are opened', () => {
    it('by programs alone, at two places', async () => {
      const server = await servers.start();
      const forbidden = { status: 403, code: 'forbiddenOrigin' };
      for (const origin of ['https://evil.example', server.address, 'null']) {
        expect(await refusedHandshake(server, '/v1/socket', { origin })).toEqual(forbidden);
        expect(await refusedHandshake(server, '/v1/anonymous-socket', { origin })).toEqual(forbidden);
      }
      for (const path of ['/', '/v1/sockets', '/v1/socket/', '/v1/anonymous-socket/x']) {
        expect(await refusedHandshake(server, path)).toEqual({ status: 404, code: 'notFound' });
      }
    });

    it('through TLS alone, where a proxy says how the caller came', async () => {
      const server = await servers.start({ settings: { SOTTO_BEHIND_TLS_PROXY: '1' } });
      const headers = { 'x-forwarded-proto': 'http' };
      expect(await refusedHandshake(server, '/v1/socket', { headers })).toEqual({ status: 400, code: 'badRequest' });
      const secure = await FrameClient.open(server.address, 'anonymous', { headers: { 'x-forwarded-proto': 'https' } });
      await secure.close();
    });

    it('by a whole handshake', async () => {
      const server = await servers.start();
      const headers = { connection: 'Upgrade', upgrade: 'websocket' };
      const answer = await exchange(server.address, { path: '/v1/socket', headers });
      expect(answer.status).toBe(400);
      expect(z.strictObject(ErrorBody.shape).parse(JSON.parse(answer.text)).code).toBe('badRequest');
    });

    it('without compression, whatever is offered', async () => {
      const server = await servers.start();
      const client = await FrameClient.open(server.address, 'anonymous', { perMessageDeflate: true });
      expect(client.socket.extensions).toBe('');
      await client.close();
    });

    it('so often from one address and no oftener', async () => {
      const server = await servers.start({ settings: { SOTTO_LIMIT_FACTOR: '1' } });
      let refused;
      for (let index = 0; index < 400 && refused === undefined; index += 1) {
        const socket = new WebSocket(`${server.address.replace('http', 'ws')}/v1/anonymous-socket`);
        socket.on('error', () => undefined);
        refused = await Promise.race([
          once(socket, 'open').then(() => undefined),
          once(socket, 'unexpected-response').then(([, response]) => (response as { statusCode: number }).statusCode),
        ]);
        socket.terminate();
      }
      expect(refused).toBe(429);
    });
  });

  describe('authenticate', () => {
    it('with the first frame', async () => {
      const server = await servers.start();
      const { token, account } = await registerPerson(server);
      const client = await open(server, 'authenticated');
      const answer = await client.request({ type: 'authenticate', accessToken: token });
      expect(answer).toMatchObject({ type: 'authenticated' });
      expect(await client.next('mailboxEmpty')).toEqual({ type: 'mailboxEmpty', expired: 0 });
      expect(await client.request({ type: 'authenticate', accessToken: token })).toMatchObject({ code: 'badRequest' });
      expect(await client.request(sendTo(account))).toMatchObject({ type: 'accepted' });
    });

    it('and are closed for any other first frame', async () => {
      const server = await servers.start();
      const { account } = await registerPerson(server);
      const client = await open(server, 'authenticated');
      expect(await client.request(sendTo(account))).toMatchObject({ type: 'failure', code: 'unauthorized' });
      expect(await client.closing()).toBe(1008);
    });

    it('and are closed for a bad token, an expired one, one of the account pages and one of an ended device', async () => {
      const server = await servers.start();
      const { token, account } = await registerPerson(server);
      const refusalFor = async (accessToken: string) => {
        const client = await open(server, 'authenticated');
        const answer = await client.request({ type: 'authenticate', accessToken });
        expect(await client.closing()).toBe(1008);
        return answer.type === 'failure' ? answer.code : answer.type;
      };
      expect(await refusalFor('nonsense')).toBe('unauthorized');
      expect(await refusalFor(`${token.slice(0, -4)}AAAA`)).toBe('unauthorized');
      const body = { identifier: account.username, secret: account.secret };
      const pages = await succeed(server.address, 'signIn', { body });
      expect(await refusalFor(pages.accessToken)).toBe('accessDenied');
      server.clock.offsetMs = 11 * 60_000;
      expect(await refusalFor(token)).toBe('tokenExpired');
      server.clock.offsetMs = 0;
      await succeed(server.address, 'signOut', { token });
      expect(await refusalFor(token)).toBe('unauthorized');
    });

    it('and outlive the token', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const client = await servers.open(server, anna);
      server.clock.offsetMs = 3_600_000;
      expect(await client.request(sendTo(anna.account))).toMatchObject({ type: 'accepted' });
      await client.deliveredCount(1);
    });

    it('in good time', async () => {
      const server = await servers.start();
      const client = await open(server, 'authenticated');
      const started = Date.now();
      expect(await client.next('failure')).toMatchObject({ code: 'unauthorized' });
      expect(Date.now() - started).toBeGreaterThan(9_000);
      expect(await client.closing()).toBe(1008);
    });
  });

  it('are five a device at most: the oldest gives way', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const clients = [];
    for (let index = 0; index < 6; index += 1) clients.push(await servers.open(server, anna));
    expect(await clients[0]!.closing()).toBe(1008);
    expect(clients.slice(1).map(({ closed }) => closed)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    await clients[5]!.request(sendTo(anna.account));
    for (const client of clients.slice(1)) await client.deliveredCount(1);
  });

  describe('refuse', () => {
    it('text', async () => {
      const server = await servers.start();
      for (const kind of ['authenticated', 'anonymous'] as const) {
        const client = await open(server, kind);
        client.socket.send('{"hello":"there"}');
        expect(await client.next('failure')).toMatchObject({ code: 'badRequest', errorId: expect.any(String) });
        expect(await client.closing()).toBe(1003);
      }
    });

    it('more frames of one device than the limit allows, also over its next socket', async () => {
      const server = await servers.start({ settings: { SOTTO_LIMIT_FACTOR: '1' } });
      const anna = await registerPerson(server);
      const flood = async (client: FrameClient) => {
        let frames = 0;
        const closed = client.closing();
        while (client.socket.readyState === client.socket.OPEN && frames < 5_000) {
          const answers = Array.from({ length: 20 }, () => client.request(sendTo(anna.account)));
          frames += answers.length;
          await Promise.race([Promise.all(answers), closed]);
        }
        return { frames, code: await closed };
      };
      const first = await flood(await servers.open(server, anna));
      expect(first.code).toBe(1008);
      expect(first.frames).toBeGreaterThanOrEqual(500);
      // A connection itself costs as much as many frames.
      await expect(servers.open(server, anna)).rejects.toThrow('rateLimited');
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const second = await flood(await servers.open(server, anna));
      expect(second.code).toBe(1008);
      // A bucket of its own would have taken 550 again.
      expect(second.frames).toBeLessThan(400);
    });

    it('frames that are too large, and say so', async () => {
      const server = await servers.start();
      const client = await open(server, 'anonymous');
      client.socket.send(Buffer.alloc(LIMITS.frameBytes + 1));
      expect(await client.next('failure')).toMatchObject({ code: 'payloadTooLarge' });
      expect(await client.closing()).toBe(1009);
    });

    it('nonsense, and are closed after ten times', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const client = await servers.open(server, anna);
      for (let index = 0; index < 9; index += 1) client.socket.send(Buffer.from([0xff, index]));
      // Until then the socket goes on working.
      expect(await client.request(sendTo(anna.account))).toMatchObject({ type: 'accepted' });
      client.socket.send(Buffer.from([0xff]));
      expect(await client.closing()).toBe(1008);
      expect(client.unasked.filter(({ type }) => type === 'failure')).toHaveLength(10);
    });

    it('empty frames and frames of a newer protocol, with the request that they answer', async () => {
      const server = await servers.start();
      const client = await open(server, 'anonymous');
      client.socket.send(Buffer.alloc(0));
      expect(await client.next('failure')).toMatchObject({ code: 'badRequest' });
      // Request 5 with field 15, which this build does not know.
      client.socket.send(Buffer.from([0x08, 0x05, 0x7a, 0x01, 0x00]));
      expect(await client.next('failure')).toMatchObject({ code: 'badRequest' });
    });

    it('on the anonymous socket everything but sends with a key', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const client = await servers.openAnonymous(server);
      const failure = (code: string) => ({ type: 'failure', code });
      expect(await client.request({ type: 'authenticate', accessToken: anna.token })).toMatchObject(
        failure('badRequest'),
      );
      const { envelopes } = sendTo(anna.account);
      const acknowledge = { type: 'acknowledge', envelopeIds: [envelopes[0]!.envelopeId] } as const;
      expect(await client.request(acknowledge)).toMatchObject(failure('badRequest'));
      expect(await client.request(sendTo(anna.account))).toMatchObject(failure('accessDenied'));
    });

    it('on the authenticated socket access keys', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const client = await servers.open(server, anna);
      const { accessKey } = anna.account;
      expect(await client.request(sendTo(anna.account, { accessKey }))).toMatchObject({ code: 'badRequest' });
    });

    it('too many sends of one account, on all its sockets together, until it has waited', async () => {
      const server = await servers.start({ settings: { SOTTO_LIMIT_FACTOR: '1' } });
      const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
      const [one, two] = [await servers.open(server, anna), await servers.open(server, anna)];
      const other = await servers.open(server, boris);
      let accepted = 0;
      let refusal;
      for (let index = 0; index < 100 && refusal === undefined; index += 1) {
        const answer = await (index % 2 === 0 ? one : two).request(sendTo(boris.account));
        if (answer.type === 'accepted') accepted += 1;
        else refusal = answer;
      }
      expect(accepted).toBeGreaterThanOrEqual(60);
      expect(refusal).toMatchObject({ type: 'failure', code: 'rateLimited' });
      expect(await other.request(sendTo(anna.account))).toMatchObject({ type: 'accepted' });
      const wait = refusal?.type === 'failure' ? refusal.retryAfterMs : 0;
      expect(wait).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, wait + 50));
      expect(await one.request(sendTo(boris.account))).toMatchObject({ type: 'accepted' });
    });

    it('strangers’ sends without using up what contacts may send', async () => {
      const server = await servers.start({ settings: { SOTTO_LIMIT_FACTOR: '1' } });
      const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
      const [stranger, contact] = [await servers.openAnonymous(server), await servers.openAnonymous(server)];
      const wrong = sendTo(anna.account, { accessKey: boris.account.accessKey });
      let last;
      for (let index = 0; index < 70; index += 1) last = await stranger.request(wrong);
      expect(last).toMatchObject({ code: 'rateLimited' });
      const right = sendTo(anna.account, { accessKey: anna.account.accessKey });
      expect(await contact.request(right)).toMatchObject({ type: 'accepted' });
    });
  });

  it('give no answer to requests that want none', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const client = await servers.open(server, anna);
    client.socket.send(encodeClientFrame({ requestId: 0, body: sendTo(anna.account) }));
    await client.deliveredCount(1);
    expect(client.unasked.filter(({ type }) => type === 'accepted')).toHaveLength(0);
  });
});
