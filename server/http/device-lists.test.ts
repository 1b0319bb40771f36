import { describe, expect, it } from '@jest/globals';
import { signDeviceList } from '@sotto/crypto';
import { loadServerKeys, listHash, verifyReceipt } from '@sotto/crypto/server';
import { parseAccountId } from '@sotto/protocol/ids';
import { linkDevice, listWithout, nextList, presentList } from '../testing/client/link-device.js';
import { stepUp } from '../testing/client/link-flow.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { newDeviceKeys, systemNow } from '../testing/client/test-account.js';
import { describeServer, registerPerson, sendTo, envelopeFor, signInPerson } from '../testing/client/test-servers.js';

describeServer('Device lists', (servers) => {
  it('are given out in pages, from a place or from the newest first list, with each certificate once', async () => {
    const server = await servers.start();
    const { account } = await registerPerson(server);
    const storage = await server.storage();
    const second = await linkDevice(storage, account);
    await linkDevice(storage, account);
    const params = { accountId: account.accountId };
    const all = await succeed(server.address, 'deviceList', { params });
    expect(all.entries.map(({ certificates }) => certificates.length)).toEqual([1, 1, 1]);
    expect(all.more).toBe(false);
    expect(all.entries[0]?.list.bytes).toEqual(new Uint8Array(account.keys.genesis.bytes));
    const later = await succeed(server.address, 'deviceList', { params, query: { afterEpoch: 0, afterNumber: 1 } });
    expect(later.entries).toHaveLength(1);
    // A page stands on its own: whoever begins here gets the certificates of all that the first list on it names.
    expect(later.entries[0]?.certificates).toHaveLength(3);
    const none = await succeed(server.address, 'deviceList', { params, query: { afterEpoch: 0, afterNumber: 2 } });
    expect(none.entries).toHaveLength(0);
    expect(second.deviceId).not.toBe(account.deviceId);
  });

  it('refuses places that are half or none, and accounts that are not there', async () => {
    const server = await servers.start();
    const { account } = await registerPerson(server);
    const params = { accountId: account.accountId };
    const page = (options: { params?: Record<string, string>; query?: Record<string, string> }) =>
      refusalOf(server.address, 'deviceList', { params, ...options });
    expect(await page({ query: { afterEpoch: '0' } })).toBe('badRequest');
    expect(await page({ query: { afterEpoch: '-1', afterNumber: '0' } })).toBe('badRequest');
    expect(await page({ query: { afterEpoch: 'x', afterNumber: '0' } })).toBe('badRequest');
    expect(await page({ params: { accountId: 'nobody' } })).toBe('badRequest');
    const stranger = parseAccountId('00000000-0000-4000-8000-000000000000')!;
    expect(await page({ params: { accountId: stranger } })).toBe('notFound');
  });

  describe('unlinking', () => {
    it('takes a device with its tokens, prekeys and mail, under a receipt, and closes its sockets', async () => {
      const server = await servers.start();
      const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
      const storage = await server.storage();
      const second = await linkDevice(storage, anna.account);
      const other = await signInPerson(server, anna.account, second);
      const sender = await servers.open(server, boris);
      const toBoth = sendTo(anna.account, {
        envelopes: [envelopeFor(anna.account.keys.device), envelopeFor(second)],
      });
      expect(await sender.request(toBoth)).toMatchObject({ type: 'accepted' });
      const socket = await servers.open(server, other);
      await socket.deliveredCount(1);

      const list = await listWithout(storage, anna.account, second.deviceId);
      const stepUpToken = await stepUp(server, anna);
      const body = { list, stepUpToken };
      const { receipt } = await succeed(server.address, 'appendDeviceList', { token: anna.token, body });
      const ring = loadServerKeys(await storage.serverSecrets.loadOrCreate(() => new Map(), systemNow()));
      const place = { epoch: 0, number: 2, hash: listHash(list.bytes) };
      expect(verifyReceipt(ring.keys.receiptKey, anna.account.accountId, place, receipt)).toBe(true);

      const started = Date.now();
      await socket.closing();
      expect(Date.now() - started).toBeLessThan(1_000);
      const address = { accountId: anna.account.accountId, deviceId: second.deviceId };
      expect(await storage.devices.find(address)).toBeUndefined();
      expect(await storage.refreshTokens.isLive(address, systemNow())).toBe(false);
      expect(await storage.preKeys.counts(address)).toEqual({ oneTimePreKeys: 0, oneTimeKyberPreKeys: 0 });
      expect(await sender.request(toBoth)).toEqual({
        type: 'mismatchedDevices',
        missing: [],
        extra: [second.deviceId],
        stale: [],
      });
    });

    it('gives the same receipt to the same list again, after a lost answer', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const storage = await server.storage();
      const second = await linkDevice(storage, anna.account);
      const list = await listWithout(storage, anna.account, second.deviceId);
      const body = { list, stepUpToken: await stepUp(server, anna) };
      const append = () => succeed(server.address, 'appendDeviceList', { token: anna.token, body });
      expect(await append()).toEqual(await append());
    });

    it('P11-mutual: has one winner of two devices that unlink each other at once', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const storage = await server.storage();
      const second = await linkDevice(storage, anna.account);
      const other = await signInPerson(server, anna.account, second);
      const { list, hash } = await presentList(storage, anna.account);
      const removing = (removed: string) => list.entries.filter(({ deviceId }) => deviceId !== removed);
      const next = { ...list, number: list.number + 1, previousHash: hash };
      const byFirst = signDeviceList(
        { ...next, signer: { kind: 'linkKey', deviceId: anna.account.deviceId }, entries: removing(second.deviceId) },
        anna.account.keys.device.linkKey,
      );
      const bySecond = signDeviceList(
        { ...next, signer: { kind: 'linkKey', deviceId: second.deviceId }, entries: removing(anna.account.deviceId) },
        second.linkKey,
      );
      const [annaProof, otherProof] = [await stepUp(server, anna), await stepUp(server, other)];
      const codes = await Promise.all([
        refusalOf(server.address, 'appendDeviceList', {
          token: anna.token,
          body: { list: byFirst, stepUpToken: annaProof },
        }),
        refusalOf(server.address, 'appendDeviceList', {
          token: other.token,
          body: { list: bySecond, stepUpToken: otherProof },
        }),
      ]);
      expect(codes.filter((code) => code === undefined)).toHaveLength(1);
      // The loser's request meets the winner's list at the append, or already at the door: its device is off the list by then.
      expect(['deviceListConflict', 'deviceNotListed', 'unauthorized']).toContain(
        codes.find((code) => code !== undefined),
      );
      expect((await presentList(storage, anna.account)).list.entries).toHaveLength(1);
    });

    it('lets a device take itself off with its signing key', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server);
      const storage = await server.storage();
      const second = await linkDevice(storage, anna.account);
      const other = await signInPerson(server, anna.account, second);
      const { list, hash } = await presentList(storage, anna.account);
      const leaving = signDeviceList(
        {
          ...list,
          number: list.number + 1,
          previousHash: hash,
          signer: { kind: 'deviceSigningKey', deviceId: second.deviceId },
          entries: list.entries.filter(({ deviceId }) => deviceId !== second.deviceId),
        },
        second.signingKey,
      );
      await succeed(server.address, 'appendDeviceList', { token: other.token, body: { list: leaving } });
      expect(await refusalOf(server.address, 'preKeyCounts', { token: other.token })).toBe('deviceNotListed');
      expect(await refusalOf(server.address, 'preKeyCounts', { token: anna.token })).toBeUndefined();
    });
  });

  it('refuses lists that do not follow, are not signed by who may, or bring devices without certificates', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const storage = await server.storage();
    await linkDevice(storage, anna.account);
    const append = (list: Awaited<ReturnType<typeof nextList>>, token = anna.token) =>
      call(server.address, 'appendDeviceList', { token, body: { list } });
    const good = await listWithout(storage, anna.account);
    const changed = (change: Parameters<typeof nextList>[2]) => nextList(storage, anna.account, change);

    expect(
      await append({ ...good, signature: good.signature.map((byte) => byte ^ 1) as typeof good.signature }),
    ).toMatchObject({
      status: 400,
      error: { code: 'invalidSignature' },
    });
    expect(await append(await changed(() => ({ number: 3 })))).toMatchObject({
      status: 409,
      error: { code: 'deviceListConflict' },
    });
    expect(await append(await changed(() => ({ number: 1 })))).toMatchObject({ error: { code: 'deviceListConflict' } });
    expect(await append(await changed(() => ({ previousHash: undefined })))).toMatchObject({
      error: { code: 'deviceListConflict' },
    });
    const stranger = newDeviceKeys();
    const [entry] = (await presentList(storage, anna.account)).list.entries;
    const withStranger = await changed((list) => ({
      entries: [...list.entries, { ...entry!, deviceId: stranger.deviceId }],
    }));
    expect(await append(withStranger)).toMatchObject({ status: 400, error: { code: 'invalidDeviceList' } });
    expect(await append(await changed(() => ({ entries: [] })))).toMatchObject({
      error: { code: 'invalidDeviceList' },
    });
    expect(await append(good, boris.token)).toMatchObject({ error: { code: 'invalidDeviceList' } });
    expect((await presentList(storage, anna.account)).list.number).toBe(1);
  });
});
