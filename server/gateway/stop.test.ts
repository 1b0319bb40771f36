import { expect, it } from '@jest/globals';
import { call, exchange } from '../testing/client/rest-calls.js';
import { TestAccount } from '../testing/client/test-account.js';
import { describeServer, eventually, registerPerson, sendTo, signInPerson } from '../testing/client/test-servers.js';

describeServer('Stopping', (servers) => {
  it('tells every socket to move, closes it, and is over soon', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const [own, anonymous] = [await servers.open(server, anna), await servers.openAnonymous(server)];
    const started = Date.now();
    await Promise.all([server.running.stop(), server.running.stop()]);
    expect(Date.now() - started).toBeLessThan(3_000);
    for (const client of [own, anonymous]) {
      const { reconnectAfterMs } = await client.next('moving');
      expect(reconnectAfterMs).toBeLessThan(2_000);
      expect(await client.closing()).toBe(1001);
    }
    await expect(exchange(server.address, { path: '/v1/health' })).rejects.toThrow();
  });

  it('answers every send that it had taken, and drops none of those', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const from = await servers.open(server, anna);
    const answered: string[] = [];
    const sends = Array.from({ length: 300 }, () => sendTo(boris.account));
    const requests = sends.map(async (send) => {
      const answer = await from.request(send);
      if (answer.type === 'accepted') answered.push(send.envelopes[0]!.envelopeId);
    });
    // The stop comes into the middle of them.
    while (answered.length < 20) await new Promise((resolve) => setImmediate(resolve));
    await server.running.stop();
    await from.closing();
    await Promise.race([Promise.allSettled(requests), new Promise((resolve) => setTimeout(resolve, 200))]);
    const after = await servers.start({ on: server });
    const reader = await servers.open(after, await signInPerson(after, boris.account));
    await reader.next('mailboxEmpty');
    const waiting = new Set(reader.delivered.map(({ envelopeId }) => String(envelopeId)));
    expect(answered.filter((id) => !waiting.has(id))).toEqual([]);
    expect(answered.length).toBeGreaterThanOrEqual(20);
  });

  it('lets requests under way end, and keeps what they were told', async () => {
    const server = await servers.start();
    const accounts = Array.from({ length: 8 }, (_, index) => new TestAccount(`late_${index}`));
    const requests = accounts.map((account) =>
      call(server.address, 'register', { body: account.registerRequest() }).catch(() => undefined),
    );
    await eventually(() => server.log.some((line) => line.includes('"route":"register"')), 'the first answer');
    await server.running.stop();
    const results = await Promise.all(requests);
    const again = await servers.start({ on: server });
    let registered = 0;
    for (const [index, account] of accounts.entries()) {
      const body = { identifier: account.username, secret: account.secret };
      const isThere = (await call(again.address, 'signIn', { body })).type === 'ok';
      if (results[index]?.type === 'ok') {
        expect(isThere).toBe(true);
        registered += 1;
      }
    }
    expect(registered).toBeGreaterThan(0);
  });

  it('and starting again changes nothing: same keys, same people, same tokens, same mail', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const send = sendTo(boris.account);
    await (await servers.open(server, anna)).request(send);
    const before = await call(server.address, 'serverInfo');
    await server.running.stop();
    const again = await servers.start({ on: server });
    const after = await call(again.address, 'serverInfo');
    if (before.type !== 'ok' || after.type !== 'ok') throw new Error('no server info');
    expect({ ...after.value, serverTime: 0 }).toEqual({ ...before.value, serverTime: 0 });
    const reader = await servers.open(again, boris);
    await reader.next('mailboxEmpty');
    expect(reader.delivered.map(({ envelopeId }) => envelopeId)).toEqual([send.envelopes[0]!.envelopeId]);
    const namesake = new TestAccount(anna.account.username);
    expect(await call(again.address, 'register', { body: namesake.registerRequest() })).toMatchObject({
      error: { code: 'usernameTaken' },
    });
  });
});
