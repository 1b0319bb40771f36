import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { newLink, stepUp } from '../testing/client/link-flow.js';
import { listWithout } from '../testing/client/link-device.js';
import { refusalOf, succeed } from '../testing/client/rest-calls.js';
import { TestAccount } from '../testing/client/test-account.js';
import { describeServer, registerPerson, sendTo, type TestServer } from '../testing/client/test-servers.js';
import { bytes } from '../testing/records.js';
import { dumpDatabase } from '../storage/dump.js';
import { runAdmin } from './admin.js';

const folder = mkdtempSync(join(tmpdir(), 'sotto-admin-'));
let files = 0;
const newPath = () => join(folder, `at-${(files += 1)}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeServer('sotto-admin', (servers) => {
  const run = async (
    server: Pick<TestServer, 'databaseUrl' | 'dataFolder' | 'clock'>,
    args: readonly string[],
    settings = {},
  ) => {
    let [out, error] = ['', ''];
    const code = await runAdmin(args, {
      settings: { DATABASE_URL: server.databaseUrl, SOTTO_DATA: server.dataFolder, ...settings },
      clock: server.clock.now,
      out: (text) => (out += text),
      error: (text) => (error += text),
    });
    return { code, out, error };
  };

  const answer = async (server: TestServer, args: readonly string[], settings = {}) => {
    const { code, out, error } = await run(server, [...args, '--json'], settings);
    expect([code, error]).toEqual([0, '']);
    return JSON.parse(out) as Record<string, unknown>;
  };

  it('says what it can do, and what is wrong with what it is told', async () => {
    const server = await servers.start();
    expect((await run(server, ['--help'])).out).toContain('account reset-second-factor NAME');
    for (const [args, words] of [
      [[], 'Name a command'],
      [['invent'], 'There is no such command'],
      [['invite', 'create', '--uses', '0'], '--uses must be a whole number from 1 to 10000'],
      [['account', 'show'], 'Name the account'],
      [['account', 'show', 'nobody_here'], 'There is no account'],
      [['account', 'delete', 'nobody_here'], 'There is no account'],
      [['stats', '--nonsense'], 'nonsense'],
    ] as const) {
      const { code, error, out } = await run(server, args);
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(error).toContain(words);
    }
    const { code, error } = await run(server, ['stats'], { SOTTO_PORT: 'eighty' });
    expect([code, error]).toEqual([1, expect.stringContaining('SOTTO_PORT must be')]);
  });

  it('makes invites that let people in, shows them, and ends them', async () => {
    const server = await servers.start({ settings: { SOTTO_REGISTRATION: 'invite' } });
    const made = await answer(server, ['invite', 'create', '--uses', '2', '--days', '3']);
    const register = (name: string) =>
      refusalOf(server.address, 'register', {
        body: new TestAccount(name).registerRequest({ inviteCode: String(made['code']) }),
      });
    expect(await register('invited_one')).toBeUndefined();
    expect(await answer(server, ['invite', 'list'])).toMatchObject({ invites: [{ usesLeft: 1 }] });
    expect((await run(server, ['invite', 'list'])).out).not.toContain(String(made['code']));
    await answer(server, ['invite', 'revoke', String(made['inviteId'])]);
    expect(await register('invited_two')).toBe('inviteUnknown');
  });

  it('shows, closes, opens and deletes accounts beside a server that runs', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const name = anna.account.username;
    expect(await answer(server, ['account', 'show', name])).toMatchObject({
      username: name,
      disabledAt: null,
      secondFactor: false,
      devices: [{ deviceId: anna.account.deviceId }],
    });
    const socket = await servers.open(server, anna);
    await answer(server, ['account', 'disable', name]);
    await socket.closing();
    const signIn = () =>
      refusalOf(server.address, 'signIn', { body: { identifier: name, secret: anna.account.secret } });
    expect(await signIn()).toBe('accountDisabled');
    await answer(server, ['account', 'enable', name]);
    expect(await signIn()).toBeUndefined();
    expect(await answer(server, ['account', 'reset-second-factor', name])).toEqual({ removed: false });
    expect((await run(server, ['account', 'delete', name])).error).toContain('--yes');
    expect(await signIn()).toBeUndefined();
    await answer(server, ['account', 'delete', name, '--yes']);
    expect(await signIn()).toBe('wrongCredentials');
  });

  it('counts, and shows the limits as they are set', async () => {
    const server = await servers.start();
    await registerPerson(server);
    expect(await answer(server, ['stats'])).toMatchObject({ accounts: 1, devices: 1, envelopesWaiting: 0 });
    const { limits } = await answer(server, ['limits'], { SOTTO_LIMIT_FACTOR: '2' });
    expect(limits).toContainEqual({ name: 'register', burst: 12, everyMs: 15_000, durable: true });
  });

  it('finds what is wrong with a server, and says what to do', async () => {
    const server = await servers.start();
    const well = await run(server, ['doctor']);
    expect(well.code).toBe(0);
    expect(well.out).toMatch(/ok +database: .+reached/);
    expect(well.out).toMatch(/warning +trust root: .+root export/);
    const ill = await run(server, ['doctor'], {
      REDIS_URL: 'redis://127.0.0.1:1',
      SOTTO_SMTP_URL: 'smtp://user:hunter2@127.0.0.1:1/?plain',
      SOTTO_MAIL_FROM: 'a@example.org',
      SOTTO_BLOBS: '/dev/null/blobs',
    });
    expect(ill.code).toBe(1);
    for (const check of ['redis', 'mail', 'blob folder']) expect(ill.out).toMatch(new RegExp(`failed +${check}: `));
    expect(ill.out).not.toContain('hunter2');
    const away = await run({ ...server, databaseUrl: 'mysql://user:hunter2@127.0.0.1:1/sotto' }, ['doctor']);
    expect([away.code, away.out]).toEqual([1, expect.stringMatching(/failed +database: .*ECONNREFUSED/)]);
    expect(away.out).not.toContain('hunter2');
  });

  it('moves the trust root offline, without which the server goes on', async () => {
    const server = await servers.start();
    const anna = await registerPerson(server);
    const path = newPath();
    const shown = await answer(server, ['root', 'show']);
    expect(await answer(server, ['root', 'export', path])).toMatchObject({ fingerprint: shown['fingerprint'] });
    expect(statSync(path).mode & 0o077).toBe(0);
    // Never over another file.
    await expect(run(server, ['root', 'export', path])).rejects.toThrow(/EEXIST/);
    await answer(server, ['root', 'export', newPath(), '--remove']);
    expect(await answer(server, ['root', 'show'])).toEqual({ fingerprint: shown['fingerprint'], offline: true });
    expect((await run(server, ['root', 'export', newPath()])).error).toContain('offline already');
    const again = await servers.start({ on: server });
    await succeed(again.address, 'senderCertificate', { token: anna.token });
  });

  it('backs up a server that runs, and restores it elsewhere, row by row and blob by blob', async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    const storage = await server.storage();
    await (await newLink(server, anna, { storage })).upTo('activated');
    const params = { archiveId: randomUUID(), number: '0' };
    const segment = bytes(5_000);
    await succeed(server.address, 'putArchiveSegment', { token: anna.token, params, body: segment });
    const socket = await servers.open(server, anna);
    for (let index = 0; index < 20; index += 1) await socket.request(sendTo(boris.account));
    const target = newPath();
    const made = await answer(server, ['backup', target]);
    expect(made).toMatchObject({ blobs: 1 });
    expect(existsSync(`${target}.unfinished`)).toBe(false);
    expect((await run(server, ['backup', target])).code).not.toBe(0);

    const { url } = await servers.databases.empty();
    const elsewhere = { databaseUrl: url, dataFolder: newPath(), clock: server.clock };
    expect((await run(server, ['restore', target])).error).toContain('has accounts');
    const restored = await run(elsewhere, ['restore', target, '--json']);
    expect([restored.error, restored.code]).toEqual(['', 0]);
    const rows = async (databaseUrl: string) => {
      const lines: string[] = [];
      for await (const line of dumpDatabase(databaseUrl, 0)) lines.push(line);
      // One-time keys go, and jobs go on.
      return lines.filter((line) => !/^\{"t":"(?:one_time|job|rate_bucket)|^\{"end"/.test(line));
    };
    expect(await rows(url)).toEqual(await rows(server.databaseUrl));

    const second = await servers.start({ on: { databaseUrl: url }, settings: { SOTTO_DATA: elsewhere.dataFolder } });
    const found = await succeed(second.address, 'archiveSegment', { token: anna.token, params });
    expect(Buffer.from(found).equals(segment)).toBe(true);
    expect(await succeed(second.address, 'preKeyCounts', { token: boris.token })).toEqual({
      oneTimePreKeys: 0,
      oneTimeKyberPreKeys: 0,
    });
    // A list that was made after the backup may be missing: nobody makes another one with its number.
    const list = await listWithout(await second.storage(), anna.account, anna.account.deviceId);
    const body = { list, stepUpToken: await stepUp(second, anna) };
    expect(await refusalOf(second.address, 'appendDeviceList', { token: anna.token, body })).toBe('serverRestored');
    second.clock.offsetMs += 25 * 3_600_000;
    const { grant } = await succeed(second.address, 'register', {
      body: new TestAccount('after_restore').registerRequest(),
    });
    expect(grant.scope).toBe('device');
    expect(await (await second.storage()).jobs.finishedAt('restore')).toBeDefined();
  });

  it('refuses a backup that is damaged or cut, and changes nothing then', async () => {
    const server = await servers.start();
    await registerPerson(server);
    const target = newPath();
    await answer(server, ['backup', target]);
    const dump = join(target, 'database.ndjson.gz');
    const manifestPath = join(target, 'manifest.json');
    const whole = readFileSync(dump);
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Record<string, unknown>;
    const { url } = await servers.databases.empty();
    const elsewhere = { databaseUrl: url, dataFolder: newPath(), clock: server.clock };
    const tryWith = async (change: (lines: string[]) => string[]) => {
      const lines = change(gunzipSync(whole).toString('utf8').trimEnd().split('\n'));
      const changed = gzipSync(`${lines.join('\n')}\n`);
      writeFileSync(dump, changed);
      const database = createHash('sha256').update(changed).digest('hex');
      writeFileSync(manifestPath, JSON.stringify({ ...manifest, database }));
      return (await run(elsewhere, ['restore', target])).error;
    };
    writeFileSync(dump, whole.subarray(0, whole.length - 9));
    expect((await run(elsewhere, ['restore', target])).error).toContain('is not what was written');
    expect(await tryWith((lines) => lines.slice(0, -1))).toContain('cut short');
    expect(await tryWith((lines) => lines.toSpliced(-2, 1))).toContain('cut short');
    expect(await tryWith((lines) => lines.toSpliced(1, 1))).toContain('damaged');
    expect(await tryWith((lines) => lines.toSpliced(2, 1, '{"t":"account"'))).toContain('damaged');
    expect(await tryWith((lines) => lines.toSpliced(1, 0, '{"t":"users","r":{}}'))).toContain('damaged');
    expect(await tryWith(([head = '', ...lines]) => [head.replace('CreateJob', 'CreateLater'), ...lines])).toContain(
      'newer version',
    );
    const storage = await (await import('../storage/open-storage.js')).openStorage(url);
    expect(await storage.statistics.count()).toMatchObject({ accounts: 0 });
    await storage.close();
    expect(await tryWith((lines) => lines)).toBe('');
  });
});
