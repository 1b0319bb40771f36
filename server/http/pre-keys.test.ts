import { describe, expect, it } from '@jest/globals';
import { OwnSenderCertificate, PreKeyBundle, SenderCertificateBytes, TrustRootPublicKey } from '@sotto/crypto';
import { loadServerKeys } from '@sotto/crypto/server';
import { parseAccountId } from '@sotto/protocol/ids';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { newDeviceKeys, preKeysOf, systemNow } from '../testing/client/test-account.js';
import { describeServer, registerPerson } from '../testing/client/test-servers.js';

const NOBODY = parseAccountId('00000000-0000-4000-8000-000000000000')!;

describeServer('Prekeys', (servers) => {
  it('are claimed once each, then the last resort again and again', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const { accountId, deviceId, keys } = anna.account;
    const claim = async () => {
      const body = { accountId, deviceIds: [deviceId] };
      const [bundle] = (await succeed(server.address, 'claimPreKeys', { token: boris.token, body })).bundles;
      return bundle!;
    };
    const bundles = [await claim(), await claim(), await claim(), await claim()];
    expect(bundles.map((bundle) => bundle.oneTimePreKey?.id)).toEqual([
      expect.any(Number),
      expect.any(Number),
      undefined,
      undefined,
    ]);
    expect(new Set(bundles.slice(0, 2).map((bundle) => bundle.oneTimePreKey?.id)).size).toBe(2);
    expect(new Set(bundles.map((bundle) => bundle.kyberPreKey.id)).size).toBe(3);
    for (const bundle of bundles) {
      expect(bundle).toMatchObject({ deviceId, registrationId: keys.device.registrationId });
      const { oneTimePreKey, ...required } = bundle;
      const untrusted = oneTimePreKey === undefined ? required : { ...required, oneTimePreKey };
      expect(PreKeyBundle.verify(deviceId, untrusted)).toMatchObject({ outcome: 'verified' });
    }
  });

  it('are given to one claimer each of many at once', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const body = { accountId: anna.account.accountId, deviceIds: [anna.account.deviceId] };
    const claims = await Promise.all(
      Array.from({ length: 12 }, () => succeed(server.address, 'claimPreKeys', { token: boris.token, body })),
    );
    const ids = claims.flatMap(({ bundles }) => bundles[0]?.oneTimePreKey?.id ?? []);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it('are claimed without a name by the access key, and by nothing else', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const { accountId, deviceId, accessKey } = anna.account;
    const claim = (changes: object, token?: string) =>
      call(server.address, 'claimPreKeys', { body: { accountId, deviceIds: [deviceId], ...changes }, token });
    expect(await claim({ accessKey })).toMatchObject({ type: 'ok' });
    expect(await claim({})).toMatchObject({ status: 401, error: { code: 'unauthorized' } });
    const wrong = await claim({ accessKey: boris.account.accessKey });
    expect(wrong).toMatchObject({ status: 403, error: { code: 'accessDenied' } });
    const nobody = await claim({ accountId: NOBODY, accessKey });
    // Whoever has no key learns nothing about who exists.
    expect(nobody).toMatchObject({ status: 403, error: { code: 'accessDenied' } });
    expect(await claim({ accessKey }, boris.token)).toMatchObject({ status: 400, error: { code: 'badRequest' } });
  });

  it('of unknown accounts and foreign devices are not there', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const claim = (body: { accountId: typeof NOBODY; deviceIds: (typeof anna.account.deviceId)[] }) =>
      call(server.address, 'claimPreKeys', { token: boris.token, body });
    const stranger = newDeviceKeys().deviceId;
    expect(await claim({ accountId: NOBODY, deviceIds: [stranger] })).toMatchObject({
      status: 404,
      error: { code: 'unknownRecipient' },
    });
    const { accountId, deviceId } = anna.account;
    expect(await claim({ accountId, deviceIds: [boris.account.deviceId] })).toMatchObject({
      error: { code: 'unknownRecipient' },
    });
    const mixed = await claim({ accountId, deviceIds: [deviceId, stranger] });
    expect(mixed).toMatchObject({ type: 'ok', value: { bundles: [{ deviceId }] } });
  });

  describe('publishing', () => {
    it('adds one-time keys, replaces the others, and counts', async () => {
      const server = await servers.start();
      const { account, token } = await registerPerson(server);
      expect(await succeed(server.address, 'preKeyCounts', { token })).toEqual({
        oneTimePreKeys: 2,
        oneTimeKyberPreKeys: 2,
      });
      const upload = preKeysOf(account.keys.device, 5, 100);
      expect(await succeed(server.address, 'publishPreKeys', { token, body: upload })).toEqual({
        oneTimePreKeys: 7,
        oneTimeKyberPreKeys: 7,
      });
      const body = { accountId: account.accountId, deviceIds: [account.deviceId] };
      const [bundle] = (await succeed(server.address, 'claimPreKeys', { token, body })).bundles;
      expect(bundle?.signedPreKey.id).toBe(upload.signedPreKey.id);
    });

    it('refuses foreign signatures, doubled ids, too many, and stores nothing of it', async () => {
      const server = await servers.start();
      const { account, token } = await registerPerson(server);
      const { device } = account.keys;
      const publish = (body: ReturnType<typeof preKeysOf>) =>
        refusalOf(server.address, 'publishPreKeys', { token, body });
      expect(await publish(preKeysOf(newDeviceKeys(), 1, 50))).toBe('invalidSignature');
      expect(await publish(preKeysOf(device, 1, 1))).toBe('invalidPreKeys');
      const some = preKeysOf(device, 3, 60);
      expect(await publish({ ...some, oneTimePreKeys: [...some.oneTimePreKeys, some.oneTimePreKeys[0]!] })).toBe(
        'invalidPreKeys',
      );
      expect(await publish(preKeysOf(device, 99, 1_000))).toBe('invalidPreKeys');
      expect(await succeed(server.address, 'preKeyCounts', { token })).toEqual({
        oneTimePreKeys: 2,
        oneTimeKyberPreKeys: 2,
      });
    });
  });

  it('come with a sender certificate that names the device and nobody’s account', async () => {
    const server = await servers.start();
    const { account, token } = await registerPerson(server);
    const { certificate, expiresAt } = await succeed(server.address, 'senderCertificate', { token });
    expect(expiresAt - systemNow()).toBeGreaterThan(23.9 * 3_600_000);
    expect(expiresAt - systemNow()).toBeLessThanOrEqual(24 * 3_600_000);
    const { trustRoot } = await succeed(server.address, 'serverInfo');
    const storage = await server.storage();
    const ring = loadServerKeys(await storage.serverSecrets.loadOrCreate(() => new Map(), systemNow()));
    const { device } = account.keys;
    const verdict = OwnSenderCertificate.verify(SenderCertificateBytes.of(certificate), {
      identity: {
        deviceId: device.deviceId,
        registrationId: device.registrationId,
        identityKeyPair: device.identityKeyPair,
      },
      trust: { trustRoot: TrustRootPublicKey.of(trustRoot), serverCertificates: [ring.keys.certificate] },
      now: systemNow(),
    });
    expect(verdict.outcome).toBe('verified');
    const text = Buffer.from(certificate).toString('latin1');
    expect(text).not.toContain(account.accountId);
    expect(text).not.toContain(account.username);
  });
});
