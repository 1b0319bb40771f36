import { expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { parseUsername } from '@sotto/protocol/ids';
import { LinkSessionIdField } from '@sotto/protocol/wire';
import { codeOf, newLink, stepUp, type MaterialOptions, type TestLink } from '../testing/client/link-flow.js';
import { listWithout } from '../testing/client/link-device.js';
import { exchange, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { newRefreshToken, preKeysOf } from '../testing/client/test-account.js';
import { describeServer, registerPerson, sendTo, signInPerson } from '../testing/client/test-servers.js';
import { FrameClient } from '../testing/client/frame-client.js';

const idOf = (link: TestLink) => LinkSessionIdField.decode(link.material.linkSessionId);

describeServer('Links and devices', (servers) => {
  const start = async (settings: Record<string, string> = {}) => {
    const server = await servers.start({ settings });
    const [anna, storage] = [await registerPerson(server), await server.storage()];
    const link = (options: MaterialOptions = {}) => newLink(server, anna, { storage, ...options });
    return { server, anna, storage, link };
  };

  const stateOf = async (link: TestLink, by: 'authorised' | 'new' = 'authorised') => {
    const waited = await link.wait(by);
    return waited.type === 'ok' ? { state: waited.value.state, reason: waited.value.reason } : codeOf(waited);
  };

  it('P11-unlinked: refuses everything to a device that still holds all its keys and tokens', async () => {
    const { server, anna, storage, link } = await start();
    const flow = await (await link()).upTo('activated');
    const { device } = flow.material;
    const thief = await signInPerson(server, anna.account, device);
    const proof = await stepUp(server, thief);
    const own = await newLink(server, thief, { storage, signer: device });
    await own.upTo('claimed');
    const socket = await servers.open(server, thief);
    const list = await listWithout(storage, anna.account, device.deviceId);
    const back = await listWithout(storage, anna.account, anna.account.deviceId);
    await succeed(server.address, 'appendDeviceList', {
      token: anna.token,
      body: { list, stepUpToken: await stepUp(server, anna) },
    });
    const started = Date.now();
    expect(await socket.closing()).toBe(1008);
    expect(Date.now() - started).toBeLessThan(1_000);

    const { token } = thief;
    const reconnecting = await FrameClient.open(server.address, 'authenticated');
    expect(await reconnecting.request({ type: 'authenticate', accessToken: token })).toMatchObject({
      type: 'failure',
      code: 'deviceNotListed',
    });
    const refused = [
      await refusalOf(server.address, 'preKeyCounts', { token }),
      await refusalOf(server.address, 'publishPreKeys', { token, body: preKeysOf(device, 1, 90) }),
      await refusalOf(server.address, 'appendDeviceList', { token, body: { list: back, stepUpToken: proof } }),
      await refusalOf(server.address, 'stepUp', { token, body: { secret: anna.account.secret } }),
      await refusalOf(server.address, 'ownDevices', { token }),
      await refusalOf(server.address, 'signOutOthers', { token, body: { stepUpToken: proof } }),
      await refusalOf(server.address, 'senderCertificate', { token }),
      await refusalOf(server.address, 'findAccount', { token, body: { username: parseUsername('nobody')! } }),
      codeOf(await own.put(2, 'authorised')),
      codeOf(await own.wait('authorised')),
      codeOf(await own.approve()),
      codeOf(await own.cancel('authorised')),
      codeOf(await own.create()),
    ];
    expect(new Set(refused)).toEqual(new Set(['deviceNotListed']));
    // The link that it had begun has ended with it.
    expect(await own.wait('new')).toMatchObject({ value: { state: 'ended', reason: 'deviceRemoved' } });
    expect(codeOf(await own.claim())).toBe('linkCodeUsed');
    const { account } = anna;
    expect(
      await refusalOf(server.address, 'refresh', {
        body: account.refreshRequest(account.refreshToken, newRefreshToken(), device),
      }),
    ).toBe('deviceNotListed');
    const { challenge } = await succeed(server.address, 'authParameters', { body: { identifier: account.username } });
    expect(await refusalOf(server.address, 'signIn', { body: account.signInRequest(challenge, device) })).toBe(
      'deviceNotListed',
    );
  });

  it('P13-notices: tells all other devices within two seconds, and not the one that did it', async () => {
    const { server, anna, storage, link } = await start();
    const second = await (await link()).upTo('activated');
    const other = await signInPerson(server, anna.account, second.material.device);
    const [here, there] = [await servers.open(server, anna), await servers.open(server, other)];
    await there.next('mailboxEmpty');
    const third = await (await link()).upTo('approved');
    const started = Date.now();
    await third.activate();
    expect(await there.next('notice')).toEqual({ type: 'notice', topic: 'deviceList' });
    expect(await here.next('notice')).toEqual({ type: 'notice', topic: 'deviceList' });
    expect(Date.now() - started).toBeLessThan(2_000);
    const list = await listWithout(storage, anna.account, third.material.device.deviceId);
    await succeed(server.address, 'appendDeviceList', {
      token: anna.token,
      body: { list, stepUpToken: await stepUp(server, anna) },
    });
    await there.next('notice');
    // An answer on the own socket comes after whatever was sent to it: there is no second notice.
    await here.request(sendTo(anna.account));
    expect(here.unasked.filter(({ type }) => type === 'notice')).toEqual([]);
  });

  it('P14-quota: refuses new links beyond the quota, and never ends one that is under way', async () => {
    const { link } = await start({ SOTTO_LIMIT_FACTOR: '1' });
    const links: TestLink[] = [];
    for (let index = 0; index < 5; index += 1) {
      const flow = await (await link()).upTo('created');
      if (index < 4) await flow.cancel('authorised');
      links.push(flow);
    }
    const living = links.at(-1)!;
    await living.claim();
    const sixth = await link();
    for (let index = 0; index < 10; index += 1) expect(codeOf(await sixth.create())).toBe('linkUnderWay');
    expect(await stateOf(living)).toMatchObject({ state: 'claimed' });
    await living.cancel('authorised');
    const limited = await sixth.create();
    expect(limited).toMatchObject({ status: 429, error: { code: 'rateLimited' } });
  });

  it('P14-renewal: a code is renewed three times in one step, uncounted, and never when it was claimed', async () => {
    const { link } = await start();
    let present = await (await link()).upTo('created');
    for (let index = 0; index < 3; index += 1) {
      const next = await link();
      expect(codeOf(await next.create({ replaces: idOf(present) }))).toBe('ok');
      expect(await stateOf(present)).toEqual({ state: 'ended', reason: 'replaced' });
      expect(codeOf(await present.claim())).toBe('linkCodeExpired');
      present = next;
    }
    expect(codeOf(await (await link()).create({ replaces: idOf(present) }))).toBe('stepUpRequired');
    await present.claim();
    const late = await link();
    expect(codeOf(await late.create({ replaces: idOf(present) }))).toBe('linkOutOfTurn');
    expect(await stateOf(present)).toMatchObject({ state: 'claimed' });
  });

  it('asks for no room that the host does not give', async () => {
    const { link } = await start({ SOTTO_MAX_DEVICES: '2' });
    await (await link()).upTo('activated');
    expect(codeOf(await (await link()).create())).toBe('tooManyDevices');
  });

  it('works behind a proxy that strips and adds headers as it likes: nothing but status and body counts', async () => {
    const { server, link } = await start();
    const flow = await (await link()).upTo('claimed');
    const body = JSON.stringify({
      after: 0,
      waitMs: 0,
      claimant: Buffer.from(flow.material.claimant).toString('base64url'),
    });
    const answer = await exchange(server.address, {
      method: 'POST',
      path: `/v1/link-sessions/${flow.material.linkSessionId}/wait`,
      headers: { 'content-type': 'application/json', 'if-none-match': '*', 'if-match': '"stale"' },
      body,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.etag).toBeUndefined();
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.text)).toMatchObject({ state: 'claimed' });
  });

  it('lets a call wait until the other side has done something, and answers it when the server stops', async () => {
    const { server, link } = await start();
    const flow = await (await link()).upTo('claimed');
    const seen = await flow.wait('new');
    const revision = seen.type === 'ok' ? seen.value.revision : -1;
    const started = Date.now();
    const waiting = flow.wait('new', revision, 25_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await flow.put(2, 'authorised');
    expect(await waiting).toMatchObject({ value: { messages: [{ number: 2 }] } });
    expect(await flow.wait('new', revision + 1, 50)).toMatchObject({ value: { messages: [], revision: revision + 1 } });
    const last = flow.wait('new', revision + 1, 25_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.running.stop();
    expect(await last).toMatchObject({ value: { revision: revision + 1 } });
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it('signs all others out, who stay on the list', async () => {
    const { server, anna, link } = await start();
    const flow = await (await link()).upTo('activated');
    const other = await signInPerson(server, anna.account, flow.material.device);
    const socket = await servers.open(server, other);
    const stepUpToken = await stepUp(server, anna);
    await succeed(server.address, 'signOutOthers', { token: anna.token, body: { stepUpToken } });
    expect(await socket.closing()).toBe(1008);
    expect(await refusalOf(server.address, 'preKeyCounts', { token: other.token })).toBe('unauthorized');
    const { devices } = await succeed(server.address, 'ownDevices', { token: anna.token });
    expect(devices.map(({ signedIn }) => signedIn).toSorted()).toEqual([false, true]);
    await signInPerson(server, anna.account, flow.material.device);
  });

  it('limits guesses at a password on a device that is signed in', async () => {
    const { server, anna } = await start({ SOTTO_LIMIT_FACTOR: '1' });
    const guess = () =>
      refusalOf(server.address, 'stepUp', { token: anna.token, body: { secret: systemRandom.bytes(32) } });
    for (let index = 0; index < 5; index += 1) expect(await guess()).toBe('wrongCredentials');
    expect(await guess()).toBe('rateLimited');
  });

  it('forgets links after a day, what they said long before', async () => {
    const { server, storage, link } = await start();
    const flow = await (await link()).upTo('proven');
    expect(await storage.linkSessions.messages(idOf(flow))).toHaveLength(3);
    const now = server.clock.now();
    expect(await storage.linkSessions.endExpired(now, 10)).toEqual([]);
    server.clock.offsetMs = 11 * 60_000;
    expect(await storage.linkSessions.endExpired(server.clock.now(), 10)).toEqual([idOf(flow)]);
    expect(await storage.linkSessions.messages(idOf(flow))).toEqual([]);
    expect(await storage.linkSessions.deleteBegunBefore(now, 10)).toBe(1);
    expect(codeOf(await flow.claim())).toBe('linkCodeUnknown');
  });
});
