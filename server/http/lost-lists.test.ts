import { expect, it } from '@jest/globals';
import { deriveAccountRoot, ProfileKey, systemRandom } from '@sotto/crypto';
import type { DeviceListEntry } from '@sotto/protocol/wire';
import { openStorage } from '../storage/open-storage.js';
import { dumpDatabase, restoreDatabase } from '../storage/dump.js';
import { listWithout } from '../testing/client/link-device.js';
import { newLink, stepUp } from '../testing/client/link-flow.js';
import { comebackOf, fetchRequestOf, newRootOf, uploadBlob } from '../testing/client/recover-account.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { preKeysOf, type TestAccount } from '../testing/client/test-account.js';
import {
  describeServer,
  envelopeFor,
  registerPerson,
  sendTo,
  signInPerson,
  type TestServer,
} from '../testing/client/test-servers.js';

const DAY_MS = 86_400_000;

const flipped = (signature: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const other = signature.slice();
  other[5]! ^= 1;
  return other;
};

describeServer('Lists that a restored server has lost', (servers) => {
  const linesOf = async (server: TestServer): Promise<readonly string[]> => {
    const lines: string[] = [];
    for await (const line of dumpDatabase(server.databaseUrl, 0)) lines.push(line);
    return lines;
  };

  /** Another server, with the same keys and what the first one held at the moment of the copy. */
  const restoredTo = async (lines: readonly string[], clockOffsetMs = 0): Promise<TestServer> => {
    const { url } = await servers.databases.empty();
    await (await openStorage(url)).close();
    const asLines = async function* () {
      yield* lines;
    };
    await restoreDatabase(url, asLines());
    return servers.start({ on: { databaseUrl: url }, clockOffsetMs });
  };

  const pageOf = (server: TestServer, { accountId }: TestAccount, query = {}) =>
    succeed(server.address, 'deviceList', { params: { accountId }, query });
  const bring = (server: TestServer, { accountId }: TestAccount, entries: readonly DeviceListEntry[]) =>
    call(server.address, 'restoreDeviceList', { params: { accountId }, body: { entries: [...entries] } });
  const brought = async (server: TestServer, account: TestAccount, entries: readonly DeviceListEntry[]) => {
    const result = await bring(server, account, entries);
    return result.type === 'ok' ? result.value.head : result.error.code;
  };

  it('come back with the device that was linked: it is reached at once, and brings its keys when it is there', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const before = await linesOf(server);
    const link = await newLink(server, anna, { storage: await server.storage() });
    await link.upTo('activated');
    const { device } = link.material;
    const { entries } = await pageOf(server, anna.account);
    expect(entries).toHaveLength(2);

    const restored = await restoredTo(before);
    expect((await pageOf(restored, anna.account)).head).toEqual({ epoch: 0, number: 0 });
    expect(await brought(restored, anna.account, entries)).toEqual({ epoch: 0, number: 1 });
    expect(await pageOf(restored, anna.account)).toEqual(await pageOf(server, anna.account));
    // Brought by two at once, or once more: nothing new.
    expect(await brought(restored, anna.account, entries.slice(1))).toEqual({ epoch: 0, number: 1 });

    const socket = await servers.open(restored, boris);
    const toBoth = sendTo(anna.account, { envelopes: [envelopeFor(anna.account.keys.device), envelopeFor(device)] });
    expect(await socket.request(toBoth)).toMatchObject({ type: 'accepted' });
    const there = await signInPerson(restored, anna.account, device);
    const counts = () => succeed(restored.address, 'preKeyCounts', { token: there.token });
    expect(await counts()).toEqual({ oneTimePreKeys: 0, oneTimeKyberPreKeys: 0, wantsAll: true });
    const claimed = async () => {
      const body = { accountId: anna.account.accountId, deviceIds: [device.deviceId] };
      const { bundles } = await succeed(restored.address, 'claimPreKeys', { token: boris.token, body });
      return bundles.map(({ registrationId }) => registrationId);
    };
    const publish = (registrationId?: number) =>
      succeed(restored.address, 'publishPreKeys', {
        token: there.token,
        body: { ...preKeysOf(device, 1), ...(registrationId === undefined ? {} : { registrationId }) },
      });
    expect(await claimed()).toEqual([]);
    await publish(device.registrationId);
    expect(await counts()).not.toHaveProperty('wantsAll');
    expect(await claimed()).toEqual([device.registrationId]);
    // From now on another registration id is another session.
    const stale = envelopeFor(device, { registrationId: (device.registrationId % 0x3fff) + 1 });
    expect(
      await socket.request(sendTo(anna.account, { envelopes: [envelopeFor(anna.account.keys.device), stale] })),
    ).toMatchObject({ type: 'mismatchedDevices', stale: [device.deviceId] });
  });

  it('take an unlinked device off once more, with its tokens and its sockets', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const storage = await server.storage();
    const link = await newLink(server, anna, { storage });
    await link.upTo('activated');
    const { device } = link.material;
    const other = await signInPerson(server, anna.account, device);
    const before = await linesOf(server);
    const list = await listWithout(storage, anna.account, device.deviceId);
    const body = { list, stepUpToken: await stepUp(server, anna) };
    await succeed(server.address, 'appendDeviceList', { token: anna.token, body });
    const { entries } = await pageOf(server, anna.account);

    const restored = await restoredTo(before);
    const socket = await servers.open(restored, other);
    const told = await servers.open(restored, anna);
    expect(await brought(restored, anna.account, entries.slice(2))).toEqual({ epoch: 0, number: 2 });
    await socket.closing();
    expect(await refusalOf(restored.address, 'preKeyCounts', { token: other.token })).toBe('deviceNotListed');
    expect(await refusalOf(restored.address, 'preKeyCounts', { token: anna.token })).toBeUndefined();
    expect(await told.next('notice')).toEqual({ type: 'notice', topic: 'deviceList' });
  });

  it('are taken for what this server has receipted, in order, whole, and for nothing else', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const before = await linesOf(server);
    const storage = await server.storage();
    const link = await newLink(server, anna, { storage });
    await link.upTo('activated');
    const stepUpToken = await stepUp(server, anna);
    const removal = await listWithout(storage, anna.account, link.material.device.deviceId);
    await succeed(server.address, 'appendDeviceList', { token: anna.token, body: { list: removal, stepUpToken } });
    const [genesis, second, third] = (await pageOf(server, anna.account)).entries;
    if (genesis === undefined || second === undefined || third === undefined) throw new Error('three lists were made');

    const restored = await restoredTo(before);
    const { receipt, list, certificates } = second;
    const [certificate] = certificates.slice(-1);
    const ofBoris = (await pageOf(server, boris.account)).entries;
    for (const [entries, code] of [
      [[{ ...second, receipt: { ...receipt, signature: flipped(receipt.signature) } }], 'invalidDeviceList'],
      [[{ ...second, receipt: { ...receipt, time: receipt.time + 1 } }], 'invalidDeviceList'],
      [[{ ...second, receipt: third.receipt }], 'invalidDeviceList'],
      [[{ ...second, list: { ...list, signature: flipped(list.signature) } }], 'invalidSignature'],
      [[{ ...second, certificates: [] }], 'invalidDeviceList'],
      [
        [{ ...second, certificates: [{ ...certificate!, ikSignature: flipped(certificate!.ikSignature) }] }],
        'invalidSignature',
      ],
      [[third], 'deviceListConflict'],
      [[third, second], 'deviceListConflict'],
      // All or nothing.
      [[second, { ...third, receipt }], 'invalidDeviceList'],
      [ofBoris, 'invalidDeviceList'],
    ] as const) {
      expect(await brought(restored, anna.account, entries as readonly DeviceListEntry[])).toBe(code);
      expect((await pageOf(restored, anna.account)).head).toEqual({ epoch: 0, number: 0 });
    }
    const params = { accountId: '00000000-0000-4000-8000-000000000000' };
    const nobody = { params, body: { entries: [second] } };
    expect(await refusalOf(restored.address, 'restoreDeviceList', nobody)).toBe('notFound');
    const nonsense = { ...nobody, params: { accountId: 'nobody' } };
    expect(await refusalOf(restored.address, 'restoreDeviceList', nonsense)).toBe('badRequest');

    // The account has gone on without them: what it has now stands.
    const gone = await newLink(restored, anna, { storage: await restored.storage() });
    await gone.upTo('activated');
    expect(await brought(restored, anna.account, [second])).toBe('deviceListConflict');
    expect(await brought(restored, anna.account, [third])).toBe('deviceListConflict');
    expect((await pageOf(restored, anna.account)).head).toEqual({ epoch: 0, number: 1 });
  });

  it('bring a recovery back', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const { account } = anna;
    await uploadBlob(server, account, anna.token);
    server.clock.offsetMs = 9 * DAY_MS;
    const before = await linesOf(server);
    const fetched = await succeed(server.address, 'fetchRecovery', { body: fetchRequestOf(account.keys.recoverySeed) });
    const made = comebackOf(account, fetched, { profileKey: ProfileKey.generate(systemRandom) });
    const done = await succeed(server.address, 'requestRecovery', { body: made.request });
    if (done.type !== 'done') throw new Error(JSON.stringify(done));
    const afterRecovery = await pageOf(server, account);

    const restored = await restoredTo(before, server.clock.offsetMs);
    expect(await brought(restored, account, afterRecovery.entries)).toEqual(afterRecovery.head);
    expect(await pageOf(restored, account)).toEqual(afterRecovery);
    // The device that was there before has lost everything, here as there.
    expect(await refusalOf(restored.address, 'preKeyCounts', { token: anna.token })).toBe('tokenExpired');
  });

  it('bring a new root back, with the statement that led there', async () => {
    const server = await servers.start();
    const { account, token } = await registerPerson(server);
    await uploadBlob(server, account, token);
    const before = await linesOf(server);
    const { seed, request } = newRootOf(
      account,
      { kind: 'recoverySeed', seed: account.keys.recoverySeed },
      { epochBefore: 0, now: server.clock.now() },
    );
    await succeed(server.address, 'newRoot', { token, body: request });
    const { head, entries } = await pageOf(server, account, { afterEpoch: 0, afterNumber: 0 });
    expect(entries).toMatchObject([{ rootChange: request.rootChange }]);

    const restored = await restoredTo(before);
    const [{ rootChange: _, ...bare }] = entries as [DeviceListEntry];
    expect(await brought(restored, account, [bare])).toBe('invalidDeviceList');
    expect(await brought(restored, account, entries)).toEqual(head);
    const { accountIdentityKey, recoveryPublicKey } = await pageOf(restored, account);
    expect({ accountIdentityKey, recoveryPublicKey }).toEqual(deriveAccountRoot(seed));
    expect(await refusalOf(restored.address, 'preKeyCounts', { token })).toBeUndefined();
  });
});
