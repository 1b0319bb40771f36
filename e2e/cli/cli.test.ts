/** The command line as people and scripts use it: processes, files, exit codes, a daemon on its socket. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MessageView } from '@sotto/client/bridge';
import { freePort } from '../harness/free-port.js';
import { startServerProcess, type ServerProcess } from '../harness/server-process.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';

const PROGRAM = createRequire(import.meta.url).resolve('../../client/dist/cli/main.js');
const PASSWORD = 'correct-horse-battery-staple-42';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder: TemporaryFolder;
let server: ServerProcess;
let passwordFile: string;
const running: ChildProcess[] = [];

const start = (args: readonly string[]): ChildProcess => {
  const child = spawn(process.execPath, [PROGRAM, ...args, '--data', folder.path], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.push(child);
  return child;
};

const run = (args: readonly string[], input = ''): Promise<Ended> =>
  new Promise((resolve) => {
    const child = start(args);
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('close', (code) => {
      resolve({ code, out, err });
    });
    child.stdin?.end(input);
  });

const outputOf = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (pattern.test(out)) resolve(out);
    });
    child.once('close', () => {
      reject(new Error(`ended without ${String(pattern)}: ${out}`));
    });
  });

const signUp = (name: string): Promise<Ended> =>
  run(['register', '--server', server.address, '--username', name, '--password-file', passwordFile, '--profile', name]);

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startServerProcess({ dataFolder: join(folder.path, 'server'), port: await freePort() });
  passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
}, 60_000);

afterAll(async () => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
  await server.kill();
  await folder.remove();
});

describe('sotto on the command line', () => {
  it('registers, and says clearly why it does not', async () => {
    expect(await signUp('carol')).toMatchObject({ code: 0, out: expect.stringContaining('carol on ') });
    expect(await signUp('dave')).toMatchObject({ code: 0 });
    const taken = await run(
      ['register', '--server', server.address, '--username', 'Carol', '--password-file', '-', '--profile', 'other'],
      PASSWORD,
    );
    expect(taken).toMatchObject({ code: 1, out: '', err: expect.stringContaining('taken') });
    const weak = await run(
      [
        'register',
        '--server',
        server.address,
        '--username',
        'erin',
        '--password-file',
        '-',
        '--profile',
        'other',
        '--json',
      ],
      'password12345',
    );
    expect(weak.code).toBe(1);
    expect(JSON.parse(weak.err)).toMatchObject({ error: { code: 'passwordTooWeak' } });
    const away = await run(
      [
        'register',
        '--server',
        'http://127.0.0.1:9',
        '--username',
        'erin',
        '--password-file',
        '-',
        '--profile',
        'other',
      ],
      PASSWORD,
    );
    expect(away).toMatchObject({ code: 1, err: expect.stringContaining('does not answer') });
  }, 120_000);

  it('asks for a secret only where it can', async () => {
    const ended = await run(['register', '--server', server.address, '--username', 'erin', '--profile', 'other']);
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('--password-file') });
  }, 60_000);

  it('sends and reads, as words and as JSON', async () => {
    const text = 'Hello {"type":"file"} \u001b[31mred';
    const sent = await run(['send', 'dave', '-', '--profile', 'carol'], text);
    expect(sent).toMatchObject({ code: 0, out: expect.stringContaining('✓') });
    const nobody = await run(['send', 'nobody_here', 'x', '--profile', 'carol']);
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('Nobody') });

    const follower = start(['follow', '--json', '--profile', 'dave']);
    await outputOf(follower, /31mred/);
    follower.kill('SIGINT');
    await new Promise((resolve) => follower.once('close', resolve));
    expect(follower.exitCode).toBe(0);

    const read = await run(['read', 'carol', '--profile', 'dave']);
    // No escape sequence of a peer reaches the terminal.
    expect(read.out).not.toContain('\u001b');
    expect(read.out).toContain('carol: Hello {"type":"file"} \\u{1b}[31mred');
    const asJson = await run(['read', 'carol', '--profile', 'dave', '--json']);
    expect(MessageView.parse(JSON.parse(asJson.out.trim())).body).toEqual({ kind: 'text', text });
    expect((await run(['accept', 'carol', '--profile', 'dave'])).code).toBe(0);
    const numbers = await Promise.all([
      run(['safety-number', 'carol', '--profile', 'dave']),
      run(['safety-number', 'dave', '--profile', 'carol']),
    ]);
    expect(numbers[0].out).toMatch(/^(\d{5} ){3}\d{5}\n(\d{5} ){3}\d{5}\n(\d{5} ){3}\d{5}\n$/);
    expect(numbers[1].out).toBe(numbers[0].out);
  }, 120_000);

  it('keeps a message that is sent while the server is away, and says so', async () => {
    await server.kill();
    const stored = await run(['send', 'dave', 'written offline', '--profile', 'carol', '--no-wait']);
    expect(stored).toMatchObject({ code: 0, out: expect.stringContaining('…') });
    server = await startServerProcess({
      dataFolder: join(folder.path, 'server'),
      port: Number(new URL(server.address).port),
    });
    expect((await run(['send', 'dave', 'written online', '--profile', 'carol'])).code).toBe(0);
    const follower = start(['follow', '--json', '--profile', 'dave']);
    await outputOf(follower, /written online/);
    follower.kill('SIGINT');
    await new Promise((resolve) => follower.once('close', resolve));
    const read = await run(['read', 'carol', '--profile', 'dave']);
    expect(read.out.indexOf('written offline')).toBeGreaterThan(-1);
    expect(read.out.indexOf('written offline')).toBeLessThan(read.out.indexOf('written online'));
  }, 120_000);

  it('serves a daemon on a socket that only its owner may open, and the other commands go through it', async () => {
    const daemon = start(['daemon', '--profile', 'dave', '--json']);
    const line = await outputOf(daemon, /\n/);
    const { listening } = JSON.parse(line) as { listening: string };
    expect((await stat(listening)).mode & 0o777).toBe(0o600);
    expect((await run(['send', 'carol', 'through the daemon', '--profile', 'dave'])).code).toBe(0);
    const status = await run(['status', '--json', '--profile', 'dave']);
    expect(JSON.parse(status.out)).toMatchObject({ phase: 'ready', account: { username: 'dave' } });
    daemon.kill('SIGTERM');
    await new Promise((resolve) => daemon.once('close', resolve));
    expect(daemon.exitCode).toBe(0);
  }, 120_000);

  it('puts a profile under a passphrase, and opens it with nothing else', async () => {
    const passphraseFile = join(folder.path, 'passphrase');
    await writeFile(passphraseFile, 'six unrelated words make it hard\n', { mode: 0o600 });
    const set = await run(['passphrase', '--password-file', passphraseFile, '--profile', 'carol']);
    expect(set.code).toBe(0);
    expect(await run(['chats', '--profile', 'carol'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--passphrase-file'),
    });
    const wrong = await run(['chats', '--profile', 'carol', '--passphrase-file', passwordFile]);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('Wrong passphrase') });
    const right = await run(['chats', '--profile', 'carol', '--passphrase-file', passphraseFile]);
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining('dave') });
  }, 120_000);

  describe('links a device', () => {
    const endOf = (child: ChildProcess): Promise<Ended> =>
      new Promise((resolve) => {
        let err = '';
        child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
        child.once('close', (code) => resolve({ code, out: '', err }));
      });
    const offerCode = async (): Promise<{ readonly offer: ChildProcess; readonly code: string }> => {
      const offer = start(['link', '--profile', 'linda', '--password-file', passwordFile, '--digits-file', '-']);
      const [, code = ''] = /Code: (.+)/.exec(await outputOf(offer, /Code: .+\n/)) ?? [];
      return { offer, code };
    };
    const answerWith = async (
      code: string,
      profile: string,
      more: readonly string[],
    ): Promise<{ readonly joining: ChildProcess; readonly digits: string }> => {
      const joining = start(['join', '--profile', profile, '--server', server.address, '--code-file', '-', ...more]);
      joining.stdin?.end(code);
      const [, digits = ''] = /: (\d{3} \d{3})/.exec(await outputOf(joining, /\d{3} \d{3}\n/)) ?? [];
      return { joining, digits };
    };

    beforeAll(async () => {
      await signUp('linda');
      const unconfirmed = await run(['link', '--profile', 'linda', '--password-file', passwordFile]);
      expect(unconfirmed).toMatchObject({ code: 1, err: expect.stringContaining('recovery key first') });
      const args = ['recovery-key', '--json', '--password-file', passwordFile, '--key-file', '-', '--profile', 'linda'];
      const kit = start(args);
      const confirmed = endOf(kit);
      const { groups, asked } = JSON.parse(await outputOf(kit, /\n/)) as { groups: string[]; asked: number[] };
      kit.stdin?.end(asked.map((number) => groups[number - 1]).join(' '));
      expect(await confirmed).toMatchObject({ code: 0 });
    }, 120_000);

    it('by a typed code, its digits, and the name of the account that is meant', async () => {
      const { offer, code } = await offerCode();
      const offered = endOf(offer);
      const more = ['--username', 'linda', '--device-name', 'The server'];
      const { joining, digits } = await answerWith(code, 'second', more);
      const joined = endOf(joining);
      offer.stdin?.end(digits);
      expect([await offered, await joined]).toMatchObject([{ code: 0 }, { code: 0 }]);
      const devices = await run(['devices', '--json', '--profile', 'second']);
      const names = devices.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { name: string }).name);
      expect(names).toEqual(['The server', expect.stringMatching(/^Sotto on /)]);
    }, 120_000);

    it('not to an account that was not meant, nor by wrong digits', async () => {
      const stranger = await offerCode();
      const refused = endOf(stranger.offer);
      const meant = await answerWith(stranger.code, 'third', ['--username', 'somebody']);
      const notMeant = endOf(meant.joining);
      stranger.offer.stdin?.end(meant.digits);
      expect(await notMeant).toMatchObject({ code: 1, err: expect.stringContaining('@linda') });
      expect(await refused).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was shared') });

      const second = await offerCode();
      const ended = endOf(second.offer);
      const { joining, digits } = await answerWith(second.code, 'third', ['--username', 'linda']);
      const joined = endOf(joining);
      second.offer.stdin?.end(digits.replace(/./, (first) => String((Number(first) + 1) % 10)));
      expect(await ended).toMatchObject({ code: 1, err: expect.stringContaining('digits differ') });
      expect(await joined).toMatchObject({ code: 1 });
      expect((await run(['status', '--profile', 'third'])).out).toContain('noAccount');
      expect((await run(['veto', '--profile', 'linda'])).out).toContain('Nothing waits');
    }, 120_000);
  });

  it('lets nothing readable lie in the profile', async () => {
    const profile = join(folder.path, 'carol');
    for (const entry of await readdir(profile, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name));
      for (const canary of ['written offline', PASSWORD, 'Hello {"type"']) {
        expect({ file: entry.name, holds: bytes.includes(canary) }).toEqual({ file: entry.name, holds: false });
      }
    }
  });

  it('shows and changes the account, and ends it', async () => {
    await signUp('gina');
    const next = join(folder.path, 'next-password');
    await writeFile(next, 'trombone-basalt-kayak\n', { mode: 0o600 });
    const gina = (...args: readonly string[]) => run([...args, '--profile', 'gina', '--password-file', passwordFile]);
    expect(await gina('account')).toMatchObject({ code: 0, out: expect.stringMatching(/^@gina, since \d{4}-/) });
    expect(await gina('email', 'gina@example.org')).toMatchObject({ code: 0, out: expect.stringContaining('gina@') });
    expect(await gina('email', '')).toMatchObject({ code: 0, out: expect.stringContaining('email: none') });
    expect(await gina('linking-lock', 'on')).toMatchObject({ out: expect.stringContaining('linking: locked') });
    expect(await gina('linking-lock', 'off')).toMatchObject({ out: expect.stringContaining('linking: open') });
    expect(await gina('linking-lock', 'maybe')).toMatchObject({ code: 1, err: expect.stringContaining('on or off') });
    expect(await gina('second-factor', 'off')).toMatchObject({ code: 1 });
    const file = join(folder.path, 'gina.json');
    expect(await gina('export-account', file)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ account: { username: 'gina' } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await gina('change-password', '--new-password-file', next)).toMatchObject({ code: 0 });
    expect(await gina('export-account', join(folder.path, 'again.json'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('Wrong name or password'),
    });
    expect(await gina('delete-account', '--username', 'bob')).toMatchObject({ code: 1, out: '' });
    const withNext = ['--profile', 'gina', '--password-file', next];
    expect(await run(['delete-account', '--username', 'gina', ...withNext])).toMatchObject({
      code: 0,
      out: expect.stringContaining('gone from the server'),
    });
    expect(await gina('status')).toMatchObject({ out: 'noAccount\n' });
    await signUp('hugo');
    expect(await run(['erase', '--profile', 'hugo'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('--username'),
    });
    expect(await run(['erase', '--profile', 'hugo', '--username', 'hugo'])).toMatchObject({ code: 0 });
    expect(await run(['status', '--profile', 'hugo'])).toMatchObject({ out: 'noAccount\n' });
  }, 120_000);
});
