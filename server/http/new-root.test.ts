import { expect, it } from '@jest/globals';
import {
  deriveAccountRoot,
  RecoverySeed,
  systemRandom,
  type DeviceKeys,
  type RootChangeAuthority,
} from '@sotto/crypto';
import { LIFETIMES } from '@sotto/protocol/wire';
import { linkDevice, presentList } from '../testing/client/link-device.js';
import { bytes } from '../testing/records.js';
import {
  accessOf,
  comebackOf,
  fetchRequestOf,
  newRootOf,
  uploadBlob,
  vetoOf,
  type NewRoot,
} from '../testing/client/recover-account.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import type { TestAccount } from '../testing/client/test-account.js';
import {
  describeServer,
  registerPerson,
  signInPerson,
  type TestPerson,
  type TestServer,
} from '../testing/client/test-servers.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeServer('A new root', (servers) => {
  const withKit = async (server: TestServer): Promise<TestPerson> => {
    const person = await registerPerson(server);
    await uploadBlob(server, person.account, person.token);
    return person;
  };
  const byPaper = ({ keys }: TestAccount): RootChangeAuthority => ({ kind: 'recoverySeed', seed: keys.recoverySeed });
  const byDevice = ({ deviceId, linkKey }: DeviceKeys): RootChangeAuthority => ({ kind: 'linkKey', deviceId, linkKey });
  const make = (
    server: TestServer,
    account: TestAccount,
    authority: RootChangeAuthority,
    more: Partial<Parameters<typeof newRootOf>[2]> = {},
  ) => newRootOf(account, authority, { epochBefore: 0, now: server.clock.now(), ...more });
  const ask = async (server: TestServer, token: string, { request }: NewRoot) => {
    const result = await call(server.address, 'newRoot', { token, body: request });
    return result.type === 'ok' ? result.value.type : result.error.code;
  };
  /** Tokens live ten minutes; a week has passed. */
  const again = (server: TestServer, person: TestPerson) => signInPerson(server, person.account);
  const page = (server: TestServer, account: TestAccount) =>
    succeed(server.address, 'deviceList', {
      params: { accountId: account.accountId },
      query: { afterEpoch: 0, afterNumber: 0 },
    });

  it('by the old recovery key takes effect at once: the old paper opens nothing, the new one does', async () => {
    const server = await servers.start();
    const { account, token } = await withKit(server);
    const made = make(server, account, byPaper(account));
    expect(await ask(server, token, made)).toBe('done');
    expect(await ask(server, token, made)).toBe('done');
    const { accountIdentityKey, recoveryPublicKey, entries } = await page(server, account);
    expect({ accountIdentityKey, recoveryPublicKey }).toEqual(deriveAccountRoot(made.seed));
    expect(entries).toMatchObject([{ rootChange: made.request.rootChange, list: { bytes: made.request.list.bytes } }]);
    const fetch = (seed: RecoverySeed) => refusalOf(server.address, 'fetchRecovery', { body: fetchRequestOf(seed) });
    expect(await fetch(account.keys.recoverySeed)).toBe('recoveryKeyUnknown');
    expect(await fetch(made.seed)).toBeUndefined();
    // The device that was listed is still at home.
    expect(await refusalOf(server.address, 'preKeyCounts', { token })).toBeUndefined();
    // Nor does the account ever come back to a root that it has left.
    const { list } = await presentList(await server.storage(), account);
    const back = make(
      server,
      account,
      { kind: 'recoverySeed', seed: made.seed },
      { seed: account.keys.recoverySeed, oldSeed: made.seed, epochBefore: list.epoch },
    );
    expect(await ask(server, token, back)).toBe('invalidDeviceList');
  });

  it('by a device waits a week, of which the others hear, and takes a list of that time', async () => {
    const server = await servers.start();
    const person = await withKit(server);
    const { account } = person;
    const second = await signInPerson(server, account, await linkDevice(await server.storage(), account));
    const socket = await servers.open(server, second);
    const { list } = await presentList(await server.storage(), account);
    const { entries } = list;
    const seed = RecoverySeed.generate(systemRandom);
    const made = make(server, account, byDevice(account.keys.device), { entries, seed });
    expect(await ask(server, person.token, made)).toBe('held');
    expect((await socket.next('notice')).topic).toBe('recovery');
    const pending = await succeed(server.address, 'pendingRecoveries', { token: second.token });
    expect(pending.newRoot).toMatchObject({ requestHash: made.requestHash, rootChange: made.request.rootChange });
    expect(await ask(server, person.token, made)).toBe('held');
    server.clock.offsetMs = LIFETIMES.newRootNoticeMs - HOUR_MS;
    expect(await ask(server, (await again(server, person)).token, made)).toBe('held');
    server.clock.offsetMs = LIFETIMES.newRootNoticeMs + HOUR_MS;
    const { token } = await again(server, person);
    const later = make(server, account, byDevice(account.keys.device), { entries, seed });
    expect(later.requestHash).toEqual(made.requestHash);
    expect(await ask(server, token, later)).toBe('done');
    expect((await page(server, account)).entries.at(-1)).toMatchObject({ rootChange: later.request.rootChange });
  });

  it('of a device is stopped by another one, and by the paper with the password', async () => {
    const server = await servers.start();
    const person = await withKit(server);
    const { account, token } = person;
    const device = await linkDevice(await server.storage(), account);
    const second = await signInPerson(server, account, device);
    const { entries } = (await presentList(await server.storage(), account)).list;
    const vetoed = make(server, account, byDevice(account.keys.device), { entries });
    expect(await ask(server, token, vetoed)).toBe('held');
    expect(await ask(server, token, make(server, account, byDevice(account.keys.device), { entries }))).toBe(
      'accessDenied',
    );
    const veto = vetoOf(account, vetoed.requestHash, device);
    expect(await refusalOf(server.address, 'vetoRecovery', { token: second.token, body: veto })).toBeUndefined();
    expect(await ask(server, token, vetoed)).toBe('recoveryVetoed');
    const cancelled = make(server, account, byDevice(account.keys.device), { entries });
    expect(await ask(server, token, cancelled)).toBe('held');
    const cancel = (changes: object) =>
      refusalOf(server.address, 'cancelNewRoot', {
        body: {
          ...fetchRequestOf(account.keys.recoverySeed),
          requestHash: cancelled.requestHash,
          password: { salt: account.salt, secret: account.secret },
          ...changes,
        },
      });
    expect(await cancel({ fetchSecret: bytes(32) })).toBe('recoveryKeyUnknown');
    expect(await cancel({ password: { salt: account.salt, secret: bytes(32) } })).toBe('wrongCredentials');
    expect(await cancel({ requestHash: bytes(32) })).toBe('notFound');
    expect(await cancel({})).toBeUndefined();
    server.clock.offsetMs = LIFETIMES.newRootNoticeMs + HOUR_MS;
    expect(await ask(server, (await again(server, person)).token, cancelled)).toBe('recoveryVetoed');
    expect((await page(server, account)).accountIdentityKey).toEqual(account.keys.root.accountIdentityKey);
  });

  it('refuses a device that is not listed, another account’s statement, and a blob for elsewhere', async () => {
    const server = await servers.start();
    const { account, token } = await withKit(server);
    const stranger = await withKit(server);
    const foreign = make(server, stranger.account, byPaper(stranger.account));
    expect(await ask(server, token, foreign)).toBe('invalidDeviceList');
    const byStranger = make(server, account, byDevice(stranger.account.keys.device));
    expect(await ask(server, token, byStranger)).toBe('invalidDeviceList');
    const wrongSeed = make(server, account, byPaper(stranger.account));
    expect(await ask(server, token, wrongSeed)).toBe('invalidSignature');
    const made = make(server, account, byPaper(account));
    const other = make(server, account, byPaper(account));
    expect(await ask(server, token, { ...made, request: { ...made.request, blob: other.request.blob } })).toBe(
      'invalidRecovery',
    );
    const taken = { ...made.request, access: accessOf(stranger.account.keys.recoverySeed) };
    expect(await ask(server, token, { ...made, request: taken })).toBe('invalidRecovery');
    expect((await presentList(await server.storage(), account)).list.epoch).toBe(0);
  });

  it('makes a recovery that waits under the old one worthless', async () => {
    const server = await servers.start();
    const { account, token } = await withKit(server);
    const fetched = await succeed(server.address, 'fetchRecovery', { body: fetchRequestOf(account.keys.recoverySeed) });
    const thief = comebackOf(account, fetched);
    const asked = () => call(server.address, 'requestRecovery', { body: thief.request });
    expect(await asked()).toMatchObject({ value: { type: 'held' } });
    expect(await ask(server, token, make(server, account, byPaper(account)))).toBe('done');
    server.clock.offsetMs = LIFETIMES.recoveryHoldMs + HOUR_MS;
    expect(await asked()).toMatchObject({ error: { code: 'invalidSignature' } });
    server.clock.offsetMs = 9 * DAY_MS;
    expect(await asked()).toMatchObject({ error: { code: 'invalidSignature' } });
  });
});
