import { expect, it } from '@jest/globals';
import { AccessKey, deriveAccessKey, listHash, ProfileKey, RecoverySeed, systemRandom } from '@sotto/crypto';
import { LIFETIMES } from '@sotto/protocol/wire';
import { linkDevice, listWithout, presentList } from '../testing/client/link-device.js';
import { bytes } from '../testing/records.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import {
  accessOf,
  blobOf,
  comebackOf,
  fetchRequestOf,
  genesisPlace,
  uploadBlob,
  vetoOf,
  type Comeback,
  type ComebackOptions,
} from '../testing/client/recover-account.js';
import { newDeviceKeys, TestAccount } from '../testing/client/test-account.js';
import { describeServer, registerPerson, signInPerson, type TestServer } from '../testing/client/test-servers.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeServer('Recovery', (servers) => {
  /** Somebody who has made the paper. */
  const withKit = async (server: TestServer) => {
    const person = await registerPerson(server);
    await uploadBlob(server, person.account, person.token);
    return person;
  };
  const fetchOf = (server: TestServer, account: TestAccount) =>
    succeed(server.address, 'fetchRecovery', { body: fetchRequestOf(account.keys.recoverySeed) });
  const comeback = async (server: TestServer, account: TestAccount, options: ComebackOptions = {}) =>
    comebackOf(account, await fetchOf(server, account), options);
  const ask = (server: TestServer, { request }: Comeback) => call(server.address, 'requestRecovery', { body: request });
  const answerTo = async (server: TestServer, made: Comeback) => {
    const result = await ask(server, made);
    return result.type === 'ok' ? result.value.type : result.error.code;
  };

  it('brings back somebody whose devices are all gone: new password, new device, and nothing else gets in', async () => {
    const server = await servers.start();
    const { account, token } = await withKit(server);
    server.clock.offsetMs = 9 * DAY_MS;
    const profileKey = ProfileKey.generate(systemRandom);
    const made = await comeback(server, account, { profileKey });
    const result = await ask(server, made);
    if (result.type !== 'ok' || result.value.type !== 'done') throw new Error(JSON.stringify(result));
    const { grant } = result.value;
    expect(grant).toMatchObject({ accountId: account.accountId, scope: 'device', username: account.username });
    expect((await succeed(server.address, 'preKeyCounts', { token: grant.accessToken })).oneTimePreKeys).toBe(2);
    const { list } = await presentList(await server.storage(), account);
    expect(list).toMatchObject({ number: 0, entries: [{ deviceId: made.device.deviceId }] });
    expect(await refusalOf(server.address, 'preKeyCounts', { token })).toBe('tokenExpired');
    // The old password opens nothing any more, the new one does.
    const signIn = (secret: Uint8Array<ArrayBuffer>) =>
      refusalOf(server.address, 'signIn', { body: { identifier: account.username, secret } });
    expect([await signIn(account.secret), await signIn(made.secret)]).toEqual(['wrongCredentials', undefined]);
    const parameters = await succeed(server.address, 'authParameters', { body: { identifier: account.username } });
    expect(parameters.salt).toEqual(made.salt);
    // Contacts reach the account by the new key, and for two weeks by the old one.
    const opens = (accessKey: AccessKey) =>
      refusalOf(server.address, 'claimPreKeys', {
        body: { accountId: account.accountId, deviceIds: [made.device.deviceId], accessKey: accessKey.unwrap() },
      });
    expect([await opens(deriveAccessKey(profileKey)), await opens(AccessKey.of(account.accessKey))]).toEqual([
      undefined,
      undefined,
    ]);
    server.clock.offsetMs += LIFETIMES.previousAccessKeyMs + HOUR_MS;
    expect([await opens(deriveAccessKey(profileKey)), await opens(AccessKey.of(account.accessKey))]).toEqual([
      undefined,
      'accessDenied',
    ]);
    // The new blob is there for the next time.
    expect((await fetchOf(server, account)).blob.bytes).toEqual(made.request.blob.bytes);
  });

  it('is answered alike when it is asked for again, and changes nothing then', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    server.clock.offsetMs = 9 * DAY_MS;
    const made = await comeback(server, account);
    const [first, again] = [await ask(server, made), await ask(server, made)];
    if (first.type !== 'ok' || again.type !== 'ok' || first.value.type !== 'done' || again.value.type !== 'done')
      throw new Error(JSON.stringify([first, again]));
    expect(again.value.receipt).toEqual(first.value.receipt);
  });

  it('waits a day where another device is in use, tells it within two seconds, and commits afterwards', async () => {
    const server = await servers.start();
    const person = await withKit(server);
    const { account } = person;
    const socket = await servers.open(server, person);
    const made = await comeback(server, account);
    expect((await fetchOf(server, account)).wouldHold).toBe(true);
    const startedAt = Date.now();
    const held = await ask(server, made);
    expect(held.type === 'ok' && held.value).toMatchObject({ type: 'held' });
    expect((await socket.next('notice')).topic).toBe('recovery');
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    const pending = await succeed(server.address, 'pendingRecoveries', { token: person.token });
    expect(pending.recoveries).toMatchObject([{ requestHash: made.requestHash, vetoed: false }]);
    expect(pending.recoveries[0]!.claim.refreshTokenHash).toEqual(made.request.refreshTokenHash);
    for (const hours of [1, 23.9]) {
      server.clock.offsetMs = hours * HOUR_MS;
      expect(await answerTo(server, made)).toBe('held');
    }
    server.clock.offsetMs = 24.1 * HOUR_MS;
    expect(await answerTo(server, made)).toBe('done');
    await socket.closing();
    expect((await presentList(await server.storage(), account)).list.entries).toMatchObject([
      { deviceId: made.device.deviceId },
    ]);
  });

  it('cannot be finished a week after its hold, nor with a challenge that is old', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    const made = await comeback(server, account);
    expect(await answerTo(server, made)).toBe('held');
    server.clock.offsetMs = LIFETIMES.recoveryHoldMs + LIFETIMES.recoveryFinishMs + HOUR_MS;
    expect(await answerTo(server, made)).toBe('badRequest');
    const late = await comeback(server, account);
    server.clock.offsetMs += HOUR_MS;
    expect(await answerTo(server, late)).toBe('badRequest');
  });

  it('counts no device that was last there more than a week ago, nor the one that acts', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    server.clock.offsetMs = 6 * DAY_MS;
    expect((await fetchOf(server, account)).wouldHold).toBe(true);
    server.clock.offsetMs = 9 * DAY_MS;
    expect((await fetchOf(server, account)).wouldHold).toBe(false);
    server.clock.offsetMs = 0;
    const own = await comeback(server, account, { device: account.keys.device });
    expect(await answerTo(server, own)).toBe('done');
  });

  it('leaves the mail of a device that keeps its identity', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    const storage = await server.storage();
    const before = await storage.devices.list(account.accountId);
    await storage.devices.markSeen(before[0]!, before[0]!.linkedAt);
    const made = await comeback(server, account, { device: account.keys.device });
    expect(await answerTo(server, made)).toBe('done');
    const [after] = await storage.devices.list(account.accountId);
    expect(after).toMatchObject({ deviceId: account.deviceId, registrationId: account.keys.device.registrationId });
    expect(after!.certificate.hash).not.toEqual(before[0]!.certificate.hash);
    // Seen stays seen: the row, and with it the mailbox, is the same one.
    expect(after!.lastSeenAt).toBeDefined();
    expect((await storage.preKeys.counts(after!)).oneTimePreKeys).toBe(2);
  });

  it('is stopped by a device with a link key, once and for all', async () => {
    const server = await servers.start();
    const { account, token } = await withKit(server);
    const made = await comeback(server, account);
    await answerTo(server, made);
    const veto = (body: ReturnType<typeof vetoOf>) => refusalOf(server.address, 'vetoRecovery', { token, body });
    expect(
      await veto({
        ...vetoOf(account, made.requestHash),
        signature: vetoOf(account, made.requestHash, newDeviceKeys()).signature,
      }),
    ).toBe('invalidSignature');
    const other = await comeback(server, account);
    expect(await veto(vetoOf(account, other.requestHash))).toBe('notFound');
    expect(await veto(vetoOf(account, made.requestHash))).toBeUndefined();
    expect(await veto(vetoOf(account, made.requestHash))).toBeUndefined();
    expect(await answerTo(server, made)).toBe('recoveryVetoed');
    server.clock.offsetMs = 25 * HOUR_MS;
    expect(await answerTo(server, made)).toBe('recoveryVetoed');
    expect((await presentList(await server.storage(), account)).list.epoch).toBe(0);
  });

  it('with a password cannot be stopped, and waits all the same', async () => {
    const server = await servers.start();
    const { account, token } = await withKit(server);
    const wrong = await comeback(server, account, { password: { salt: account.salt, secret: bytes(32) } });
    expect(await answerTo(server, wrong)).toBe('wrongCredentials');
    const made = await comeback(server, account, { password: { salt: account.salt, secret: account.secret } });
    expect(await answerTo(server, made)).toBe('held');
    expect(await refusalOf(server.address, 'vetoRecovery', { token, body: vetoOf(account, made.requestHash) })).toBe(
      'recoveryNotVetoable',
    );
    server.clock.offsetMs = 25 * HOUR_MS;
    expect(await answerTo(server, made)).toBe('done');
  });

  it('takes a password that was replaced for 30 days, and not longer', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    const old = { salt: account.salt, secret: account.secret };
    server.clock.offsetMs = 9 * DAY_MS;
    expect(await answerTo(server, await comeback(server, account))).toBe('done');
    server.clock.offsetMs += 29 * DAY_MS;
    const fetched = await fetchOf(server, account);
    expect(fetched.passwords).toHaveLength(2);
    expect(fetched.passwords[1]!.salt).toEqual(account.salt);
    const late = await comeback(server, account, { password: old });
    expect(await answerTo(server, late)).toBe('done');
    server.clock.offsetMs += 2 * DAY_MS;
    expect(
      (await fetchOf(server, account)).passwords.map(({ salt }) => Buffer.from(salt).toString('hex')),
    ).not.toContain(Buffer.from(account.salt).toString('hex'));
    expect(await answerTo(server, await comeback(server, account, { password: old }))).toBe('wrongCredentials');
  });

  it('tells nobody by its answers which recovery keys there are', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    const { blobId, fetchSecret } = fetchRequestOf(account.keys.recoverySeed);
    const answers = [];
    for (const body of [
      { blobId, fetchSecret: bytes(32) },
      { blobId: bytes(16), fetchSecret },
      { blobId: bytes(16), fetchSecret: bytes(32) },
    ]) {
      const result = await call(server.address, 'fetchRecovery', { body });
      if (result.type === 'ok') throw new Error('The blob was handed out');
      const { requestId: _, ...told } = result.error;
      answers.push({ status: result.status, ...told });
    }
    expect(answers[0]).toMatchObject({ status: 404, code: 'recoveryKeyUnknown' });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    // Somebody else's account id is answered like a signature that is wrong.
    const made = await comeback(server, account);
    const foreign = await comeback(server, account, { claim: (claim) => ({ ...claim, provesPassword: true }) });
    const unknown = { ...made, request: { ...made.request, accountId: new TestAccount('nobody_at_all').accountId } };
    expect([await answerTo(server, foreign), await answerTo(server, unknown)]).toEqual([
      'invalidSignature',
      'invalidSignature',
    ]);
  });

  it('does nothing of which any part was put in by somebody else', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    server.clock.offsetMs = 9 * DAY_MS;
    const [made, other] = [await comeback(server, account), await comeback(server, account)];
    const { request } = made;
    const swaps: Partial<Comeback['request']>[] = [
      { authentication: other.request.authentication },
      { authentication: { ...request.authentication, cost: { ...request.authentication.cost, iterations: 4 } } },
      { list: other.request.list },
      { device: { ...request.device, certificate: other.request.device.certificate } },
      { refreshTokenHash: bytes(32) },
      { accessKeyVerifier: bytes(32) },
      { blob: other.request.blob },
      { challenge: other.request.challenge },
      { signature: other.request.signature },
      { password: { salt: account.salt, secret: account.secret } },
    ];
    for (const swap of swaps)
      expect(await answerTo(server, { ...made, request: { ...request, ...swap } })).toBe('invalidSignature');
    const keys = { ...request.device, preKeys: other.request.device.preKeys };
    expect(await answerTo(server, { ...made, request: { ...request, device: keys } })).toBe('invalidSignature');
    expect((await presentList(await server.storage(), account)).list.epoch).toBe(0);
    expect(await answerTo(server, made)).toBe('done');
  });

  it('refuses another seed, an epoch from the future, one from the past, and a device of somebody else', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    const stranger = await registerPerson(server);
    server.clock.offsetMs = 9 * DAY_MS;
    const foreign = await comeback(server, account, { seed: stranger.account.keys.recoverySeed });
    expect(await answerTo(server, foreign)).toBe('invalidSignature');
    const ahead = Date.now() + server.clock.offsetMs + 25 * HOUR_MS;
    expect(await answerTo(server, await comeback(server, account, { epoch: ahead }))).toBe('invalidDeviceList');
    expect(await answerTo(server, await comeback(server, account, { epoch: 0 }))).not.toBe('done');
    const stolen = await comeback(server, account, { device: stranger.account.keys.device });
    expect(await answerTo(server, stolen)).toBe('invalidRecovery');
    expect((await presentList(await server.storage(), account)).list.epoch).toBe(0);
  });

  it('has one winner where several recoveries commit at once, and leaves no half of a loser', async () => {
    const server = await servers.start();
    const other = servers.databases.engine === 'embedded' ? server : await servers.start({ on: server });
    const { account } = await withKit(server);
    for (const one of new Set([server, other])) one.clock.offsetMs = 9 * DAY_MS;
    const made = await Promise.all(Array.from({ length: 6 }, () => comeback(server, account)));
    const answers = await Promise.all(made.map((one, index) => answerTo(index % 2 === 0 ? server : other, one)));
    const won = answers.flatMap((answer, index) => (answer === 'done' ? [made[index]!] : []));
    expect(won.length).toBeGreaterThanOrEqual(1);
    const { list } = await presentList(await server.storage(), account);
    const winner = won.find(({ device }) => device.deviceId === list.entries[0]!.deviceId);
    expect(list.entries).toHaveLength(1);
    const devices = await (await server.storage()).devices.list(account.accountId);
    expect(devices.map(({ deviceId }) => deviceId)).toEqual([winner!.device.deviceId]);
    const blob = (await fetchOf(server, account)).blob.bytes;
    expect(blob).toEqual(winner!.request.blob.bytes);
    expect(
      await refusalOf(server.address, 'signIn', { body: { identifier: account.username, secret: winner!.secret } }),
    ).toBeUndefined();
  });

  it('lets five wait and no sixth', async () => {
    const server = await servers.start();
    const { account } = await withKit(server);
    for (let count = 0; count < 5; count += 1)
      expect(await answerTo(server, await comeback(server, account))).toBe('held');
    expect(await answerTo(server, await comeback(server, account))).toBe('rateLimited');
  });
});

describeServer('The recovery blob', (servers) => {
  it('is found by one way for as long as the root is, and follows the head', async () => {
    const server = await servers.start();
    const { account, token } = await registerPerson(server);
    const blob = blobOf(account, { place: genesisPlace(account) });
    const put = (body: { access?: ReturnType<typeof accessOf>; blob: ReturnType<typeof blobOf> }) =>
      refusalOf(server.address, 'putRecoveryBlob', { token, body });
    expect(await put({ blob })).toBe('invalidRecovery');
    const access = accessOf(account.keys.recoverySeed);
    expect(await put({ access, blob })).toBeUndefined();
    expect(await put({ access, blob })).toBeUndefined();
    expect(
      await put({
        access: { ...access, fetchSecretHash: accessOf(RecoverySeed.generate(systemRandom)).fetchSecretHash },
        blob,
      }),
    ).toBe('invalidRecovery');
    expect(
      await put({ access: { ...access, blobId: accessOf(RecoverySeed.generate(systemRandom)).blobId }, blob }),
    ).toBe('invalidRecovery');
    const newer = blobOf(account, { place: genesisPlace(account), version: 7 });
    expect(await put({ blob: newer })).toBeUndefined();
    expect(await put({ blob })).toBe('recoveryBlobConflict');
    const elsewhere = blobOf(account, { place: { ...genesisPlace(account), number: 1 }, version: 9 });
    expect(await put({ blob: elsewhere })).toBe('recoveryBlobConflict');
    const unsigned = { ...newer, signature: blobOf(account, { place: genesisPlace(account) }).signature };
    expect(await put({ blob: unsigned })).toBe('invalidSignature');
    const ghost = blobOf(account, { place: genesisPlace(account), device: newDeviceKeys(), version: 9 });
    expect(await put({ blob: ghost })).toBe('invalidRecovery');
    const fetched = await succeed(server.address, 'fetchRecovery', { body: fetchRequestOf(account.keys.recoverySeed) });
    expect(fetched.blob.bytes).toEqual(newer.bytes);
    expect(fetched).toMatchObject({
      accountId: account.accountId,
      username: account.username,
      head: genesisPlace(account),
    });
  });

  it('cannot take the place where another account is found', async () => {
    const server = await servers.start();
    const [one, two] = [await registerPerson(server), await registerPerson(server)];
    await uploadBlob(server, one.account, one.token);
    const body = {
      access: accessOf(one.account.keys.recoverySeed),
      blob: blobOf(two.account, { place: genesisPlace(two.account) }),
    };
    expect(await refusalOf(server.address, 'putRecoveryBlob', { token: two.token, body })).toBe('invalidRecovery');
  });

  it('is sealed anew with the list that removes a device, or neither is stored', async () => {
    const server = await servers.start();
    const person = await registerPerson(server);
    const { account } = person;
    await uploadBlob(server, account, person.token);
    const storage = await server.storage();
    const second = await linkDevice(storage, account);
    const here = await signInPerson(server, account, second);
    const list = await listWithout(storage, account, second.deviceId);
    const { stepUpToken } = await succeed(server.address, 'stepUp', {
      token: person.token,
      body: { secret: account.secret },
    });
    const { list: before } = await presentList(storage, account);
    const stale = blobOf(account, { place: genesisPlace(account) });
    const append = (blob: ReturnType<typeof blobOf>) =>
      refusalOf(server.address, 'appendDeviceList', {
        token: person.token,
        body: { list, stepUpToken, recoveryBlob: blob },
      });
    expect(await append(stale)).toBe('recoveryBlobConflict');
    expect((await presentList(storage, account)).list.number).toBe(before.number);
    const fresh = blobOf(account, { place: { epoch: 0, number: before.number + 1, hash: listHash(list.bytes) } });
    expect(await append(fresh)).toBeUndefined();
    expect(await refusalOf(server.address, 'preKeyCounts', { token: here.token })).toBe('deviceNotListed');
    const fetched = await succeed(server.address, 'fetchRecovery', { body: fetchRequestOf(account.keys.recoverySeed) });
    expect(fetched.blob.bytes).toEqual(fresh.bytes);
  });
});
