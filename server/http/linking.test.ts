import { expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { LinkSessionIdField } from '@sotto/protocol/wire';
import { codeOf, newLink, stepUp, TestLink, type MaterialOptions } from '../testing/client/link-flow.js';
import { listWithout } from '../testing/client/link-device.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { preKeysOf } from '../testing/client/test-account.js';
import { describeServer, registerPerson, signInPerson } from '../testing/client/test-servers.js';

const codes = async (results: Promise<Parameters<typeof codeOf>[0]>[]) => (await Promise.all(results)).map(codeOf);

const idOf = (link: TestLink) => LinkSessionIdField.decode(link.material.linkSessionId);

const REVERSE = { SOTTO_REVERSE_LINKING: 'on' };

describeServer('Linking', (servers) => {
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

  it('makes a device of the new one: both ends hear of each step, and everything is there at once', async () => {
    const { server, anna, storage, link } = await start();
    const flow = await link();
    const { messages, device } = flow.material;
    expect(await flow.create()).toMatchObject({ type: 'ok', value: { linkSessionId: idOf(flow) } });
    expect(await flow.claim()).toMatchObject({ type: 'ok', value: { linkSessionId: idOf(flow) } });
    expect(await flow.wait('authorised')).toMatchObject({
      value: { state: 'claimed', messages: [{ number: 1, body: messages[0] }] },
    });
    expect(await flow.put(2, 'authorised')).toMatchObject({ type: 'ok' });
    expect(await flow.wait('new')).toMatchObject({ value: { messages: [{ number: 2, body: messages[1] }] } });
    expect(await flow.put(3, 'new')).toMatchObject({ type: 'ok' });
    const proven = await flow.wait('authorised', 2);
    expect(proven).toMatchObject({ value: { messages: [{ number: 3, body: messages[2] }] } });
    expect(await flow.approve()).toMatchObject({ type: 'ok' });
    expect(await flow.wait('new')).toMatchObject({
      value: { state: 'approved', messages: [{ number: 2 }, { number: 4, body: messages[3] }] },
    });
    // Nothing is committed yet: a link that is given up now leaves nothing behind.
    expect((await storage.deviceLists.head(anna.account.accountId))?.number).toBe(0);
    const activated = await flow.activate();
    if (activated.type !== 'ok') throw new Error('not activated');
    expect((await storage.deviceLists.head(anna.account.accountId))?.number).toBe(1);
    expect(await stateOf(flow)).toEqual({ state: 'activated', reason: undefined });
    const { accessToken } = activated.value.grant;
    expect(await succeed(server.address, 'preKeyCounts', { token: accessToken })).toMatchObject({ oneTimePreKeys: 1 });
    const { devices } = await succeed(server.address, 'ownDevices', { token: accessToken });
    expect(devices.map(({ deviceId }) => deviceId).toSorted()).toEqual(
      [anna.account.deviceId, device.deviceId].toSorted(),
    );
    expect(devices.every(({ signedIn }) => signedIn)).toBe(true);
    // What the handshake said is gone with it.
    expect(await storage.linkSessions.messages(idOf(flow))).toEqual([]);
  });

  it('goes the other way round only where the host allows it, and then as well', async () => {
    const closed = await start();
    expect(codeOf(await (await closed.link({ direction: 'reverse' })).createReverse())).toBe('reverseLinkingOff');
    const { server, link } = await start(REVERSE);
    const flow = await link({ direction: 'reverse' });
    await flow.upTo('claimed');
    // The one who scanned must not answer himself.
    expect(codeOf(await flow.put(2, 'authorised'))).toBe('linkOutOfTurn');
    const again = await link({ direction: 'reverse' });
    expect(codeOf(await again.createReverse())).toBe('ok');
    expect(codeOf(await again.claimReverse())).toBe('linkUnderWay');
    for (const [number, by] of [
      [2, 'new'],
      [3, 'new'],
    ] as const)
      expect(codeOf(await flow.put(number, by))).toBe('ok');
    expect(await codes([flow.approve()])).toEqual(['ok']);
    const activated = await flow.activate();
    if (activated.type !== 'ok') throw new Error('not activated');
    expect(
      await refusalOf(server.address, 'preKeyCounts', { token: activated.value.grant.accessToken }),
    ).toBeUndefined();
  });

  it('P2-tokens: refuses what is forged, foreign, of the wrong kind, expired, or good for too long', async () => {
    const { server, anna, storage, link } = await start();
    const boris = await registerPerson(server);
    const create = async (flow: TestLink) => codeOf(await flow.create());
    const good = await link();
    for (const at of [0, 1, 3, 8, 40, good.material.token.length - 1]) {
      const token = Uint8Array.from(good.material.token, (byte, index) => (index === at ? byte ^ 1 : byte));
      const forged = new TestLink(server.address, anna, {
        stepUpToken: await stepUp(server, anna),
        material: { ...good.material, token },
      });
      expect(await create(forged)).toBe('invalidLinkToken');
    }
    expect(await create(await link({ expiresInMs: -1_000 }))).toBe('invalidLinkToken');
    expect(await create(await link({ expiresInMs: 125_000 }))).toBe('invalidLinkToken');
    expect(await create(await link({ direction: 'reverse' }))).toBe('invalidLinkToken');
    // Signed by a device of somebody else, shown by that one's own.
    const foreign = await newLink(server, anna, { storage });
    const asBoris = new TestLink(server.address, boris, {
      stepUpToken: await stepUp(server, boris),
      material: foreign.material,
    });
    expect(await create(asBoris)).toBe('invalidLinkToken');
    expect(await create(good)).toBe('ok');
    expect(await create(good)).toBe('linkUnderWay');
  });

  it.each([3_600_000, -3_600_000])(
    'P2-clock: goes by the server’s clock alone, be it %d ms from those of the devices',
    async (offsetMs) => {
      const server = await servers.start({ clockOffsetMs: offsetMs });
      const [anna, storage] = [await registerPerson(server), await server.storage()];
      const byOwnClock = await newLink(server, anna, { storage });
      expect(codeOf(await byOwnClock.create())).toBe('invalidLinkToken');
      const flow = await newLink(server, anna, { storage, expiresInMs: offsetMs + 60_000 });
      await flow.upTo('activated');
    },
  );

  it('P8-step-up: begins, approves and removes nothing without a password entered a short while ago on this device', async () => {
    const { server, anna, storage, link } = await start();
    const boris = await registerPerson(server);
    const { material } = await link();
    const using = (stepUpToken: string) => new TestLink(server.address, anna, { stepUpToken, material });
    const foreign = await stepUp(server, boris);
    expect(codeOf(await using(foreign).create())).toBe('stepUpRequired');
    // An access token is none, though the same key signed it.
    expect(codeOf(await using(anna.token).create())).toBe('stepUpRequired');
    expect(
      await refusalOf(server.address, 'stepUp', { token: anna.token, body: { secret: systemRandom.bytes(32) } }),
    ).toBe('wrongCredentials');
    const proof = await stepUp(server, anna);
    // Nor is it an access token.
    expect(await refusalOf(server.address, 'preKeyCounts', { token: proof })).toBe('unauthorized');
    const flow = await using(proof).upTo('proven');
    expect(codeOf(await flow.approve({ stepUpToken: foreign }))).toBe('stepUpRequired');
    await flow.approve();
    await flow.activate();
    const list = await listWithout(storage, anna.account, material.device.deviceId);
    const append = (stepUpToken?: string) =>
      refusalOf(server.address, 'appendDeviceList', {
        token: anna.token,
        body: { list, ...(stepUpToken === undefined ? {} : { stepUpToken }) },
      });
    expect(await append()).toBe('stepUpRequired');
    expect(await append(foreign)).toBe('stepUpRequired');
    expect(await append(proof)).toBeUndefined();
    server.clock.offsetMs = 15 * 60_000 + 10_000;
    const later = await signInPerson(server, anna.account);
    const late = new TestLink(server.address, later, { stepUpToken: proof, material });
    expect(codeOf(await late.create())).toBe('stepUpRequired');
  });

  it('P3-one-use: has one winner of many claims at once, and says the same to all others', async () => {
    const { link } = await start();
    const flow = await (await link()).upTo('created');
    const claims = Array.from({ length: 30 }, () => flow.claim(systemRandom.bytes(32)));
    const outcomes = await Promise.all(claims);
    expect(outcomes.filter(({ type }) => type === 'ok')).toHaveLength(1);
    expect(new Set(outcomes.filter(({ type }) => type !== 'ok').map(codeOf))).toEqual(new Set(['linkCodeUsed']));
  });

  it('P3-replay: answers the same claim alike while the link goes on, and every other one never', async () => {
    const { server, link } = await start();
    const flow = await (await link()).upTo('claimed');
    const claimed = await flow.claim();
    expect(claimed).toMatchObject({ type: 'ok', value: { linkSessionId: idOf(flow) } });
    const waited = await flow.wait('authorised');
    // The claimant with another message is not the same claim.
    expect(codeOf(await flow.claim(flow.material.claimantHash, systemRandom.bytes(40)))).toBe('linkCodeUsed');
    expect(codeOf(await flow.claim(systemRandom.bytes(32)))).toBe('linkCodeUsed');
    const after = await flow.wait('authorised');
    expect(after).toMatchObject({
      value: { revision: waited.type === 'ok' ? waited.value.revision : -1, messages: [{ number: 1 }] },
    });
    await flow.put(2, 'authorised');
    await flow.put(3, 'new');
    await flow.approve();
    await flow.activate();
    expect(await codes([flow.claim(), flow.claim(systemRandom.bytes(32)), flow.create()])).toEqual([
      'linkCodeUsed',
      'linkCodeUsed',
      'invalidLinkToken',
    ]);
    const cancelled = await (await link()).upTo('claimed');
    await cancelled.cancel('authorised');
    expect(codeOf(await cancelled.claim())).toBe('linkCodeUsed');
    const expired = await (await link()).upTo('created');
    server.clock.offsetMs = 61_000;
    expect(codeOf(await expired.claim())).toBe('linkCodeExpired');
    expect(codeOf(await expired.create())).toBe('invalidLinkToken');
  });

  it('P3-restart: loses nothing of a link when the server restarts, at whatever step', async () => {
    const { server, anna, storage } = await start();
    const flow = await (await newLink(server, anna, { storage })).upTo('claimed');
    await server.running.stop();
    const second = await servers.start({ on: server });
    const there = flow.at(second.address);
    expect(codeOf(await there.claim())).toBe('ok');
    expect(codeOf(await there.claim(systemRandom.bytes(32)))).toBe('linkCodeUsed');
    expect(await codes([there.put(2, 'authorised')])).toEqual(['ok']);
    await there.put(3, 'new');
    await there.approve();
    await second.running.stop();
    const third = await servers.start({ on: server });
    const last = flow.at(third.address);
    expect(codeOf(await last.activate())).toBe('ok');
    expect(codeOf(await last.activate())).toBe('ok');
  });

  it('P3-unknown: cannot tell a code that never was from a broken one', async () => {
    const { server, anna, link } = await start();
    const { material } = await link();
    for (const token of [material.token, systemRandom.bytes(200), systemRandom.bytes(1)]) {
      const flow = new TestLink(server.address, anna, { stepUpToken: 'none', material: { ...material, token } });
      expect(await codes([flow.claim(), flow.contest()])).toEqual(['linkCodeUnknown', 'linkCodeUnknown']);
    }
  });

  it('P3-expiry: lets each step wait only so long, by the server’s clock', async () => {
    const { server, link } = await start();
    const open = await (await link({ expiresInMs: 110_000 })).upTo('created');
    // 90 seconds, though the token says more.
    server.clock.offsetMs = 91_000;
    expect(await stateOf(open)).toEqual({ state: 'ended', reason: 'expired' });
    server.clock.offsetMs = 0;
    await open.cancel('authorised');
    const claimed = await (await link()).upTo('proven');
    server.clock.offsetMs = 5 * 60_000 + 5_000;
    expect(codeOf(await claimed.approve())).toBe('linkEnded');
    expect(codeOf(await claimed.put(3, 'new'))).toBe('linkEnded');
    server.clock.offsetMs = 0;
    await claimed.cancel('authorised');
    const approved = await (await link()).upTo('approved');
    server.clock.offsetMs = 10 * 60_000 + 5_000;
    expect(codeOf(await approved.activate())).toBe('linkEnded');
    expect(await stateOf(approved, 'new')).toEqual({ state: 'ended', reason: 'expired' });
  });

  it('P4-order: takes each message once, from the one who writes it, in its turn', async () => {
    const { link } = await start();
    const flow = await (await link()).upTo('created');
    expect(codeOf(await flow.put(2, 'authorised'))).toBe('linkOutOfTurn');
    await flow.claim();
    expect(codeOf(await flow.put(3, 'new'))).toBe('linkOutOfTurn');
    expect(codeOf(await flow.put(2, 'new'))).toBe('linkOutOfTurn');
    expect(codeOf(await flow.put(2, 'authorised'))).toBe('ok');
    expect(codeOf(await flow.put(2, 'authorised'))).toBe('ok');
    expect(codeOf(await flow.put(2, 'authorised', systemRandom.bytes(30)))).toBe('linkOutOfTurn');
    // Approve without M3: the new device has not shown that it holds the keys.
    expect(codeOf(await flow.approve())).toBe('linkOutOfTurn');
    expect(codeOf(await flow.activate())).toBe('linkOutOfTurn');
    await flow.put(3, 'new');
    expect(codeOf(await flow.activate())).toBe('linkOutOfTurn');
    expect(codeOf(await flow.approve())).toBe('ok');
    expect(codeOf(await flow.approve())).toBe('ok');
    expect(codeOf(await flow.approve({ message: systemRandom.bytes(30) }))).toBe('linkOutOfTurn');
  });

  it('P4-strangers: tells nothing of a link to whoever is neither of its devices', async () => {
    const { server, anna, link } = await start();
    const flow = await (await link()).upTo('approved');
    const boris = await registerPerson(server);
    const params = { linkSessionId: flow.material.linkSessionId };
    const wait = { after: 0, waitMs: 0 };
    const asks = [
      { token: boris.token, params, body: wait },
      { params, body: { ...wait, claimant: systemRandom.bytes(32) } },
      { token: anna.token, params: { linkSessionId: 'AAAAAAAAAAAAAAAAAAAAAA' }, body: wait },
    ];
    for (const ask of asks) expect(await refusalOf(server.address, 'waitLinkSession', ask)).toBe('notFound');
    expect(await refusalOf(server.address, 'waitLinkSession', { params, body: wait })).toBe('unauthorized');
    expect(
      await refusalOf(server.address, 'waitLinkSession', {
        token: anna.token,
        params,
        body: { ...wait, claimant: flow.material.claimant },
      }),
    ).toBe('badRequest');
    expect(codeOf(await flow.activate({ claimant: systemRandom.bytes(32) }))).toBe('notFound');
    const cancel = { token: boris.token, params, body: { reason: 'cancelled' } } as const;
    expect(await refusalOf(server.address, 'cancelLink', cancel)).toBe('notFound');
  });

  it('P4-contest: hands a contest on to the authorised device alone, and a false one before it silences nobody', async () => {
    const { link } = await start();
    const flow = await (await link()).upTo('created');
    expect(codeOf(await flow.contest())).toBe('linkOutOfTurn');
    await flow.claim();
    const mac = systemRandom.bytes(32);
    expect(codeOf(await flow.contest())).toBe('ok');
    expect(codeOf(await flow.contest(mac))).toBe('ok');
    expect(codeOf(await flow.contest(mac))).toBe('ok');
    const [seen, unseen] = [await flow.wait('authorised'), await flow.wait('new')];
    expect(seen.type === 'ok' && seen.value.contested).toEqual(mac);
    expect(unseen.type === 'ok' && unseen.value.contested).toBeUndefined();
    await flow.cancel('authorised', 'declined');
    expect(await stateOf(flow, 'new')).toEqual({ state: 'ended', reason: 'declined' });
    expect(codeOf(await flow.put(2, 'authorised'))).toBe('linkEnded');
  });

  it('P6-approval: refuses certificates and lists that are not exactly of this link', async () => {
    const { link, storage } = await start();
    const flow = await (await link()).upTo('proven');
    const other = await link();
    const { certificate, list } = other.material;
    expect(codeOf(await flow.approve({ certificate }))).toBe('invalidDeviceList');
    expect(codeOf(await flow.approve({ certificate: systemRandom.bytes(100) }))).toBe('invalidDeviceList');
    // The list of another link adds another device.
    expect(codeOf(await flow.approve({ list }))).toBe('invalidDeviceList');
    const signature = Uint8Array.from(flow.material.list.signature, (byte) => byte ^ 1);
    expect(codeOf(await flow.approve({ list: { ...flow.material.list, signature } }))).toBe('invalidSignature');
    expect(await stateOf(flow)).toMatchObject({ state: 'claimed' });
    expect((await storage.linkSessions.find(idOf(flow)))?.approval).toBeUndefined();
    expect(codeOf(await flow.approve())).toBe('ok');
  });

  it('P6-activation: takes no other certificate, signature or prekeys, and the same request again for the same', async () => {
    const { link, server, anna, storage } = await start();
    const flow = await (await link()).upTo('approved');
    const other = await link();
    const { certificate, preKeys } = flow.material.activation;
    const flipped = Uint8Array.from(certificate.dskSignature, (byte) => byte ^ 1);
    expect(codeOf(await flow.activate({ certificate: other.material.activation.certificate }))).not.toBe('ok');
    expect(codeOf(await flow.activate({ certificate: { ...certificate, dskSignature: flipped } }))).toBe(
      'invalidSignature',
    );
    expect(codeOf(await flow.activate({ preKeys: other.material.activation.preKeys }))).toBe('invalidSignature');
    expect((await storage.devices.list(anna.account.accountId)).length).toBe(1);
    const [first, second] = [await flow.activate(), await flow.activate()];
    if (first.type !== 'ok' || second.type !== 'ok') throw new Error('not activated');
    expect(second.value.receipt).toEqual(first.value.receipt);
    expect(codeOf(await flow.activate({ preKeys: preKeysOf(flow.material.device, 1, 50) }))).toBe('linkOutOfTurn');
    expect(codeOf(await flow.activate({ ...flow.material.activation, preKeys, registrationId: 7 }))).toBe(
      'linkOutOfTurn',
    );
    expect(codeOf(await flow.cancel('new'))).toBe('linkOutOfTurn');
    // Unlinked meanwhile, the same request brings nothing back.
    const list = await listWithout(storage, anna.account, flow.material.device.deviceId);
    await succeed(server.address, 'appendDeviceList', {
      token: anna.token,
      body: { list, stepUpToken: await stepUp(server, anna) },
    });
    expect(codeOf(await flow.activate())).toBe('deviceNotListed');
  });

  it('P6-race: a list that changes under a link ends it, and an unlinked device links nobody', async () => {
    const { server, anna, storage, link } = await start();
    const second = await (await link()).upTo('activated');
    const approved = await (await link()).upTo('approved');
    const list = await listWithout(storage, anna.account, second.material.device.deviceId);
    const waiting = approved.wait('new', 99, 20_000);
    await succeed(server.address, 'appendDeviceList', {
      token: anna.token,
      body: { list, stepUpToken: await stepUp(server, anna) },
    });
    expect(await waiting).toMatchObject({ value: { state: 'ended', reason: 'listChanged' } });
    expect(codeOf(await approved.activate())).toBe('linkEnded');
  });

  it('looks a typed code up once', async () => {
    const { server, link } = await start();
    const flow = await link({ expiresInMs: 300_000 });
    expect(codeOf(await flow.create())).toBe('invalidLinkToken');
    const lookupId = systemRandom.bytes(16);
    expect(codeOf(await flow.create({ lookupId }))).toBe('ok');
    const lookUp = (id: typeof lookupId) => call(server.address, 'lookUpLinkToken', { body: { lookupId: id } });
    expect(codeOf(await lookUp(systemRandom.bytes(16)))).toBe('linkCodeUnknown');
    expect(await lookUp(lookupId)).toMatchObject({ type: 'ok', value: { token: flow.material.token } });
    expect(codeOf(await lookUp(lookupId))).toBe('linkCodeUnknown');
    expect(codeOf(await flow.claim())).toBe('ok');
  });
});
