import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { signDeletionProof, SignInChallenge, systemRandom, type DeviceKeys } from '@sotto/crypto';
import { idBytes, type AccountId } from '@sotto/protocol/ids';
import type { DataSource } from 'typeorm';
import { newShortCode, shortCodeHash } from '../domain/account/short-code.js';
import { connectDataSource } from '../storage/data-source.js';
import { parseDatabaseUrl } from '../storage/database-url.js';
import { codeOf, newLink, stepUp } from '../testing/client/link-flow.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import {
  describeServer,
  eventually,
  registerPerson,
  sendTo,
  signInPerson,
  type TestPerson,
  type TestServer,
} from '../testing/client/test-servers.js';
import { TestAccount } from '../testing/client/test-account.js';
import { bytes } from '../testing/records.js';

/** Tables that name nobody, or whose rows end by themselves. */
const OF_NOBODY = ['invite', 'job', 'link_message', 'migrations', 'rate_bucket', 'server_secret'];

const passwordOf = (secret: Uint8Array<ArrayBuffer>) => ({
  salt: systemRandom.bytes(16),
  cost: { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
  secret,
});

const rowsOf = async (dataSource: DataSource, table: string, accountId: AccountId): Promise<number> => {
  const rows: { number: number | string }[] = await dataSource.query(
    `SELECT COUNT(*) AS number FROM ${table} WHERE account_id = ?`,
    [Buffer.from(idBytes(accountId))],
  );
  return Number(rows[0]?.number);
};

const isMysql = (dataSource: DataSource) => dataSource.options.type !== 'better-sqlite3';

const tablesWith = async (dataSource: DataSource) => {
  const names: { name: string }[] = await dataSource.query(
    isMysql(dataSource)
      ? 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()'
      : "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  return names.map(({ name }) => name).toSorted();
};

describeServer('The own account', (servers) => {
  const deletion = async (server: TestServer, person: TestPerson, device: DeviceKeys) => {
    const { account, token } = person;
    const { challenge } = await succeed(server.address, 'authParameters', { body: { identifier: account.username } });
    const proof = {
      accountId: account.accountId,
      deviceId: device.deviceId,
      challenge: SignInChallenge.of(challenge),
    };
    const signature = signDeletionProof(device.signingKey, proof);
    return { token, body: { stepUpToken: await stepUp(server, person), challenge, signature } };
  };

  it('is deleted with everything that hangs on it, table by table, and its sockets close within a second', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const boris = await registerPerson(server);
    const storage = await server.storage();
    // Something in every table that can hold anything of an account.
    const flow = await (await newLink(server, anna, { storage })).upTo('activated');
    const second = await signInPerson(server, anna.account, flow.material.device);
    const begun = await newLink(server, anna, { storage });
    await begun.upTo('claimed');
    const { accountId } = anna.account;
    await succeed(server.address, 'putArchiveSegment', {
      token: anna.token,
      params: { archiveId: randomUUID(), number: '0' },
      body: bytes(5_000),
    });
    const now = server.clock.now();
    await storage.storageRecords.put(accountId, { version: 1, record: bytes(100) }, now);
    await storage.secondFactors.propose(accountId, bytes(20), now);
    await storage.secondFactors.confirm(accountId, [bytes(32)], now);
    await storage.emailTokens.replace({
      tokenHash: bytes(32),
      accountId,
      purpose: 'confirm',
      email: 'a@example.org',
      createdAt: now,
      expiresAt: now,
    });
    await storage.secondFactors.remove(accountId);
    await storage.secondFactors.propose(accountId, bytes(20), now);
    await storage.secondFactors.replaceBackupCodes(accountId, [bytes(32)]);
    const sender = await servers.open(server, boris);
    await sender.request(
      sendTo(anna.account, {
        envelopes: [anna.account.keys.device, flow.material.device].map(({ deviceId, registrationId }) => ({
          deviceId,
          registrationId,
          envelopeId: randomUUID() as never,
          ciphertext: bytes(200),
        })),
      }),
    );
    const dataSource = await connectDataSource(parseDatabaseUrl(server.databaseUrl));
    servers.onEnd(() => dataSource.destroy());
    const tables = await tablesWith(dataSource);
    const ofAccounts = tables.filter((table) => !OF_NOBODY.includes(table));
    const before = await Promise.all(ofAccounts.map((table) => rowsOf(dataSource, table, accountId)));
    const empty = ofAccounts.filter((_, index) => before[index] === 0);
    // Recoveries, new roots and replaced passwords come and go with the same foreign key.
    expect(empty).toEqual(['earlier_password', 'recovery_blob', 'recovery_request', 'root_change', 'root_notice']);

    const socket = await servers.open(server, second);
    const request = await deletion(server, anna, anna.account.keys.device);
    const foreign = await deletion(server, anna, flow.material.device);
    expect(await refusalOf(server.address, 'deleteAccount', foreign)).toBe('invalidSignature');
    const unproven = { ...request, body: { ...request.body, stepUpToken: 'none' } };
    expect(await refusalOf(server.address, 'deleteAccount', unproven)).toBe('stepUpRequired');
    const started = Date.now();
    await succeed(server.address, 'deleteAccount', request);
    await socket.closing();
    expect(Date.now() - started).toBeLessThan(5_000);

    for (const table of ofAccounts) expect([table, await rowsOf(dataSource, table, accountId)]).toEqual([table, 0]);
    expect(await rowsOf(dataSource, 'device', boris.account.accountId)).toBe(1);
    expect(
      readdirSync(join(server.dataFolder, 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      ),
    ).toEqual([]);
    expect(await refusalOf(server.address, 'deviceList', { params: { accountId }, query: {} })).toBe('notFound');
    expect(await refusalOf(server.address, 'ownAccount', { token: anna.token })).not.toBe('ok');
    const identifier = anna.account.username;
    expect(await refusalOf(server.address, 'signIn', { body: { identifier, secret: anna.account.secret } })).toBe(
      'wrongCredentials',
    );
  });

  it('is told to its owner with everything that the server has of it', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const storage = await server.storage();
    const record = bytes(64);
    await storage.storageRecords.put(anna.account.accountId, { version: 1, record }, server.clock.now());
    const stepUpToken = await stepUp(server, anna);
    expect(await refusalOf(server.address, 'exportAccount', { token: anna.token, body: { stepUpToken: 'x' } })).toBe(
      'stepUpRequired',
    );
    const exported = await succeed(server.address, 'exportAccount', { token: anna.token, body: { stepUpToken } });
    expect(exported).toMatchObject({
      account: { username: anna.account.username, secondFactor: false, linkingLocked: false },
      devices: [{ deviceId: anna.account.deviceId, signedIn: true, envelopesWaiting: 0, oneTimePreKeys: 2 }],
      deviceLists: 1,
      storageRecord: { version: 1 },
      archiveBytes: 0,
    });
    expect(Buffer.from(exported.storageRecord?.record ?? []).equals(record)).toBe(true);
    // By the password alone the account pages open, and nothing of a device.
    const { accessToken } = await succeed(server.address, 'signIn', {
      body: { identifier: anna.account.username, secret: anna.account.secret },
    });
    expect(await succeed(server.address, 'ownAccount', { token: accessToken })).toMatchObject({ mail: false });
    expect(await refusalOf(server.address, 'exportAccount', { token: accessToken, body: { stepUpToken } })).toBe(
      'accessDenied',
    );
  });

  it('gets another password, which ends the other devices’ tokens, and the old one proves a recovery for a while', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const storage = await server.storage();
    const flow = await (await newLink(server, anna, { storage })).upTo('activated');
    const second = await signInPerson(server, anna.account, flow.material.device);
    const socket = await servers.open(server, second);
    const secret = systemRandom.bytes(32);
    const body = { stepUpToken: await stepUp(server, anna), authentication: passwordOf(secret) };
    expect(
      await refusalOf(server.address, 'changePassword', { token: anna.token, body: { ...body, stepUpToken: 'x' } }),
    ).toBe('stepUpRequired');
    await succeed(server.address, 'changePassword', { token: anna.token, body });
    await socket.closing();
    expect(await refusalOf(server.address, 'ownDevices', { token: second.token })).toBe('unauthorized');
    await succeed(server.address, 'ownDevices', { token: anna.token });
    const identifier = anna.account.username;
    expect(await refusalOf(server.address, 'signIn', { body: { identifier, secret: anna.account.secret } })).toBe(
      'wrongCredentials',
    );
    await succeed(server.address, 'signIn', { body: { identifier, secret } });
    expect(await storage.recoveries.earlierPasswords(anna.account.accountId, server.clock.now())).toHaveLength(1);
  });

  it('lets no device in while its owner has locked linking, at any step of a link', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const storage = await server.storage();
    const set = async (locked: boolean, stepUpToken?: string) =>
      refusalOf(server.address, 'setLinkingLock', {
        token: anna.token,
        body: { locked, ...(stepUpToken === undefined ? {} : { stepUpToken }) },
      });
    const underWay = await (await newLink(server, anna, { storage })).upTo('approved');
    expect(await set(true)).toBeUndefined();
    expect(codeOf(await underWay.activate())).toBe('linkingLocked');
    const next = await newLink(server, anna, { storage });
    expect(codeOf(await next.create())).toBe('linkingLocked');
    expect(await set(false)).toBe('stepUpRequired');
    expect(await set(false, await stepUp(server, anna))).toBeUndefined();
    expect(codeOf(await underWay.activate())).toBe('ok');
  });

  it('that the host has closed is closed at once, for every process and every way in', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const storage = await server.storage();
    const socket = await servers.open(server, anna);
    await storage.accounts.setDisabled(anna.account.accountId, server.clock.now());
    await storage.refreshTokens.endAll(anna.account.accountId);
    await socket.closing();
    const identifier = anna.account.username;
    const signIn = () => refusalOf(server.address, 'signIn', { body: { identifier, secret: anna.account.secret } });
    expect(await signIn()).toBe('accountDisabled');
    expect(await refusalOf(server.address, 'ownDevices', { token: anna.token })).toBe('unauthorized');
    expect(await refusalOf(server.address, 'signIn', { body: { identifier, secret: systemRandom.bytes(32) } })).toBe(
      'wrongCredentials',
    );
    await storage.accounts.setDisabled(anna.account.accountId, undefined);
    expect(await signIn()).toBeUndefined();
  });
});

describeServer('Registration by invite', (servers) => {
  const invited = async (server: TestServer, uses: number, lifetimeMs = 60_000) => {
    const storage = await server.storage();
    const code = newShortCode();
    const createdAt = server.clock.now();
    await storage.invites.add({
      inviteHash: shortCodeHash('invite', code)!,
      inviteId: randomUUID().slice(0, 8),
      usesLeft: uses,
      createdAt,
      expiresAt: (createdAt + lifetimeMs) as typeof createdAt,
    });
    return code;
  };

  const register = async (server: TestServer, inviteCode?: string) => {
    const account = new TestAccount(`invited_${randomUUID().slice(0, 8)}`);
    const body = account.registerRequest(inviteCode === undefined ? {} : { inviteCode });
    const answer = await call(server.address, 'register', { body });
    return answer.type === 'ok' ? 'ok' : answer.error.code;
  };

  it('lets in whoever has a code, so often as it says, also when many try at once', async () => {
    const server = await servers.start({ settings: { SOTTO_REGISTRATION: 'invite' } });
    expect(await succeed(server.address, 'serverInfo')).toMatchObject({ registration: 'invite' });
    expect(await register(server)).toBe('inviteRequired');
    expect(await register(server, '0000-0000-0000-0000')).toBe('inviteUnknown');
    const code = await invited(server, 2);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => register(server, code.toLowerCase())));
    expect(outcomes.toSorted()).toEqual(['inviteUnknown', 'inviteUnknown', 'inviteUnknown', 'ok', 'ok']);
  });

  it('uses nothing up where the registration fails, and ends with its time', async () => {
    const server = await servers.start({ settings: { SOTTO_REGISTRATION: 'invite' } });
    const code = await invited(server, 1, 5_000);
    const first = new TestAccount('first_invited');
    const taken = await invited(server, 1);
    await succeed(server.address, 'register', { body: first.registerRequest({ inviteCode: taken }) });
    const namesake = new TestAccount('First_Invited');
    expect(await refusalOf(server.address, 'register', { body: namesake.registerRequest({ inviteCode: code }) })).toBe(
      'usernameTaken',
    );
    await eventually(
      async () => (await (await server.storage()).invites.list(server.clock.now())).length === 1,
      'it stays',
    );
    server.clock.offsetMs += 6_000;
    expect(await register(server, code)).toBe('inviteUnknown');
  });
});
