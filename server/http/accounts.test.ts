import { describe, expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { loadServerKeys, verifyReceipt, listHash, trustRootFingerprint } from '@sotto/crypto/server';
import { parseUsername } from '@sotto/protocol/ids';
import { argon2id, hash } from 'argon2';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { linkDevice } from '../testing/client/link-device.js';
import { newDeviceKeys, systemNow, TestAccount } from '../testing/client/test-account.js';
import { describeServer, registerPerson, signInPerson } from '../testing/client/test-servers.js';

const username = (text: string) => parseUsername(text)!;

describeServer('Accounts', (servers) => {
  it('tells who the server is', async () => {
    const server = await servers.start({ settings: { SOTTO_REGISTRATION: 'closed' } });
    const info = await succeed(server.address, 'serverInfo');
    expect(info).toMatchObject({ name: 'sotto', version: '0.1.0', registration: 'closed' });
    const storage = await server.storage();
    const ring = loadServerKeys(await storage.serverSecrets.loadOrCreate(() => new Map(), systemNow()));
    expect(Buffer.from(info.trustRoot)).toEqual(Buffer.from(ring.trustRoot));
    expect(trustRootFingerprint(ring.trustRoot)).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4}){15}$/);
  });

  describe('registration', () => {
    it('makes an account whose list the server receipts', async () => {
      const server = await servers.start();
      const account = new TestAccount('Anna');
      const { grant, receipt } = await succeed(server.address, 'register', { body: account.registerRequest() });
      expect(grant).toMatchObject({ accountId: account.accountId, username: 'Anna', scope: 'device' });
      const storage = await server.storage();
      const ring = loadServerKeys(await storage.serverSecrets.loadOrCreate(() => new Map(), systemNow()));
      const place = { epoch: 0, number: 0, hash: listHash(account.keys.genesis.bytes) };
      expect(verifyReceipt(ring.keys.receiptKey, account.accountId, place, receipt)).toBe(true);
      const page = await succeed(server.address, 'deviceList', { params: { accountId: account.accountId } });
      expect(page.entries).toHaveLength(1);
      expect(page.entries[0]?.certificates).toHaveLength(1);
      expect(page.username).toBe('Anna');
    });

    it('refuses a taken name in any case, a taken address and the same account again', async () => {
      const server = await servers.start();
      const first = new TestAccount('Anna');
      const email = 'anna@example.org';
      await succeed(server.address, 'register', { body: first.registerRequest({ email }) });
      const register = (account: TestAccount, changes = {}) =>
        call(server.address, 'register', { body: account.registerRequest(changes) });
      expect(await register(new TestAccount('anna'))).toMatchObject({ status: 409, error: { code: 'usernameTaken' } });
      expect(await register(new TestAccount('ANNA'))).toMatchObject({ error: { code: 'usernameTaken' } });
      const other = new TestAccount('Boris');
      expect(await register(other, { email: 'ANNA@example.org' })).toMatchObject({ error: { code: 'emailTaken' } });
      expect(await register(first, { email })).toMatchObject({ error: { code: 'accountExists' } });
      expect(await register(first, { username: username('Anna2') })).toMatchObject({
        error: { code: 'accountExists' },
      });
      // What was refused has left nothing behind: the name and the keys are still free.
      expect(await register(other)).toMatchObject({ type: 'ok' });
    });

    it('lets one of many who want one name at once have it', async () => {
      const server = await servers.start();
      const wanting = Array.from({ length: 8 }, () => new TestAccount('wanted'));
      const codes = await Promise.all(
        wanting.map((account) => refusalOf(server.address, 'register', { body: account.registerRequest() })),
      );
      expect(codes.filter((code) => code === undefined)).toHaveLength(1);
      expect(codes.filter((code) => code === 'usernameTaken')).toHaveLength(7);
    });

    it('refuses keys, lists, certificates and prekeys that do not belong together', async () => {
      const server = await servers.start();
      const [account, other] = [new TestAccount('Anna'), new TestAccount('Boris')];
      const good = account.registerRequest();
      const foreign = other.registerRequest();
      const flipped = (bytes: Uint8Array) =>
        new Uint8Array(bytes.map((byte, index) => (index === 5 ? byte ^ 1 : byte)));
      const refusal = (changes: Partial<typeof good>) =>
        refusalOf(server.address, 'register', { body: { ...good, ...changes } });
      expect(await refusal({ genesis: foreign.genesis })).toBe('invalidDeviceList');
      expect(await refusal({ genesis: { ...good.genesis, signature: flipped(good.genesis.signature) } })).toBe(
        'invalidSignature',
      );
      expect(await refusal({ accountIdentityKey: foreign.accountIdentityKey })).toBe('invalidDeviceList');
      expect(await refusal({ accountIdentityKey: new Uint8Array(33) })).toBe('badRequest');
      expect(await refusal({ device: { ...good.device, certificate: foreign.device.certificate } })).toBe(
        'invalidDeviceList',
      );
      const { certificate, preKeys } = good.device;
      const badSignature = { ...certificate, ikSignature: flipped(certificate.ikSignature) };
      expect(await refusal({ device: { ...good.device, certificate: badSignature } })).toBe('invalidSignature');
      expect(await refusal({ device: { ...good.device, preKeys: foreign.device.preKeys } })).toBe('invalidSignature');
      const doubled = [...preKeys.oneTimePreKeys, ...preKeys.oneTimePreKeys];
      expect(await refusal({ device: { ...good.device, preKeys: { ...preKeys, oneTimePreKeys: doubled } } })).toBe(
        'invalidPreKeys',
      );
      expect(await refusal({})).toBeUndefined();
    });

    it('is refused where the host has closed it', async () => {
      const server = await servers.start({ settings: { SOTTO_REGISTRATION: 'closed' } });
      const body = new TestAccount('Anna').registerRequest();
      expect(await call(server.address, 'register', { body })).toMatchObject({
        status: 403,
        error: { code: 'accessDenied' },
      });
    });
  });

  describe('sign-in', () => {
    it('opens by username in any case and by email, for the device or for the account pages', async () => {
      const server = await servers.start();
      const account = new TestAccount('Anna');
      const email = 'anna@example.org';
      await succeed(server.address, 'register', { body: account.registerRequest({ email }) });
      for (const identifier of ['Anna', 'aNNa', 'anna@example.org', 'Anna@Example.org']) {
        const grant = await succeed(server.address, 'signIn', { body: { identifier, secret: account.secret } });
        expect(grant).toMatchObject({ accountId: account.accountId, username: 'Anna', scope: 'account' });
      }
      expect((await signInPerson(server, account)).grant.scope).toBe('device');
    });

    it('answers a wrong password and an unknown name alike', async () => {
      const server = await servers.start();
      const { account } = await registerPerson(server);
      const answerTo = async (identifier: string) => {
        const result = await call(server.address, 'signIn', { body: { identifier, secret: systemRandom.bytes(32) } });
        if (result.type === 'ok') throw new Error('signed in');
        const { requestId: _, ...error } = result.error;
        return { status: result.status, error };
      };
      const wrong = await answerTo(account.username);
      expect(wrong).toMatchObject({ status: 401, error: { code: 'wrongCredentials' } });
      expect(await answerTo('nobody_here')).toEqual(wrong);
      expect(await answerTo('nobody@example.org')).toEqual(wrong);
      expect(await answerTo('not a name at all')).toEqual(wrong);
    });

    it('gives unknown names parameters of the same shape, always the same ones', async () => {
      const server = await servers.start();
      const { account } = await registerPerson(server);
      const parametersOf = (identifier: string) => succeed(server.address, 'authParameters', { body: { identifier } });
      const known = await parametersOf(account.username);
      const unknown = await parametersOf('nobody_here');
      expect(Buffer.from(known.salt)).toEqual(Buffer.from(account.salt));
      expect(unknown.cost).toEqual(known.cost);
      expect(Object.keys(unknown)).toEqual(Object.keys(known));
      expect((await parametersOf('Nobody_Here')).salt).toEqual(unknown.salt);
      expect((await parametersOf('somebody_else')).salt).not.toEqual(unknown.salt);
      const second = await servers.start({ on: server });
      expect((await succeed(second.address, 'authParameters', { body: { identifier: 'nobody_here' } })).salt).toEqual(
        unknown.salt,
      );
    });

    it('needs a fresh challenge of this server and a signature of a listed device', async () => {
      const server = await servers.start();
      const { account } = await registerPerson(server);
      const { challenge } = await succeed(server.address, 'authParameters', { body: { identifier: account.username } });
      const refusal = (body: ReturnType<typeof account.signInRequest>) => refusalOf(server.address, 'signIn', { body });
      expect(await refusal(account.signInRequest(systemRandom.bytes(40)))).toBe('badRequest');
      const request = account.signInRequest(challenge);
      const tampered = { ...request, device: { ...request.device!, refreshTokenHash: systemRandom.bytes(32) } };
      expect(await refusal(tampered)).toBe('invalidSignature');
      expect(await refusal(account.signInRequest(challenge, newDeviceKeys()))).toBe('deviceNotListed');
      expect(await refusal({ ...request, secret: systemRandom.bytes(32) })).toBe('wrongCredentials');
      server.clock.offsetMs = 5 * 60_000 + 1_000;
      expect(await refusal(request)).toBe('badRequest');
      server.clock.offsetMs = 0;
      expect(await refusal(request)).toBeUndefined();
    });

    it('raises what a cheaper verifier costs', async () => {
      const server = await servers.start();
      const { account } = await registerPerson(server);
      const { accounts } = await server.storage();
      const verifier = async () => (await accounts.find(account.accountId))!.authentication.verifier;
      const cheap = await hash(Buffer.from(account.secret), {
        type: argon2id,
        memoryCost: 8_192,
        timeCost: 1,
        parallelism: 1,
      });
      await accounts.replaceAuthenticationVerifier(account.accountId, await verifier(), cheap);
      const signIn = (secret: Uint8Array<ArrayBuffer>) =>
        refusalOf(server.address, 'signIn', { body: { identifier: account.username, secret } });
      expect(await signIn(systemRandom.bytes(32))).toBe('wrongCredentials');
      expect(await verifier()).toBe(cheap);
      expect(await signIn(account.secret)).toBeUndefined();
      expect(await verifier()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(await signIn(account.secret)).toBeUndefined();
    });

    it('never lets more devices be signed in than the host allows', async () => {
      const server = await servers.start({ settings: { SOTTO_MAX_DEVICES: '2' } });
      const { account } = await registerPerson(server);
      const storage = await server.storage();
      const [second, third] = [await linkDevice(storage, account), await linkDevice(storage, account)];
      await signInPerson(server, account, second);
      const { challenge } = await succeed(server.address, 'authParameters', { body: { identifier: account.username } });
      const sixth = () => refusalOf(server.address, 'signIn', { body: account.signInRequest(challenge, third) });
      expect(await sixth()).toBe('accessDenied');
      // Again on a device that is signed in takes its own place.
      const again = await signInPerson(server, account, second);
      await succeed(server.address, 'signOut', { token: again.token });
      expect(await sixth()).toBeUndefined();
    });
  });

  describe('people', () => {
    it('are found by their whole name, in any case, by those who are signed in', async () => {
      const server = await servers.start();
      const anna = await registerPerson(server, 'Anna_K');
      const { token } = await registerPerson(server);
      const find = (name: string) => call(server.address, 'findAccount', { token, body: { username: username(name) } });
      expect(await find('anna_k')).toMatchObject({
        type: 'ok',
        value: { accountId: anna.account.accountId, username: 'Anna_K' },
      });
      expect(await find('Anna')).toMatchObject({ status: 404, error: { code: 'notFound' } });
      expect(await refusalOf(server.address, 'findAccount', { body: { username: username('Anna_K') } })).toBe(
        'unauthorized',
      );
    });
  });
});
