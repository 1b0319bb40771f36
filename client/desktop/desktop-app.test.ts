import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { connectRpc, PAGE_MESSAGES, type CoreApi, type MessageChannel } from '@sotto/client/bridge';
import { temporaryFolder } from '../core/testing/temporary-profile.js';
import { until } from '../core/testing/until.js';
import { createFakeElectron, type FakeElectron } from './testing/fake-electron.js';
import { onMessage } from './testing/fake-page.js';
import type { PagePort } from './testing/fake-ports.js';
import type { FakeUtilityProcess } from './testing/fake-utility-process.js';
import type { FakeWindow } from './testing/fake-window.js';
import { onlyWindow, runOnFake, SilentProcess } from './testing/run-on-fake.js';
import { PAGE_URL } from './window-page.js';

// The whole program on the fake of Electron: its real main process, its real preload and, where a core is spoken of, the real
// core in a process that stands for the utility process. Not run on Electron itself.

const running: FakeElectron[] = [];
afterEach(async () => {
  for (const { electron, life } of running.splice(0)) {
    electron.app.quit();
    await until(() => life.exitCode !== undefined);
  }
});

const run = async (options: Parameters<typeof runOnFake>[0] = {}): Promise<FakeElectron> => {
  const fake = await runOnFake(options);
  running.push(fake);
  return fake;
};

interface Attached {
  readonly greeting: unknown;
  readonly core: CoreApi;
  readonly port: PagePort;
}

/** The page of a window asks for its port, as the interface does. */
const attach = ({ page }: FakeWindow): Promise<Attached> =>
  new Promise((resolve) => {
    const { window } = page!;
    let taken = false;
    onMessage(window, (event) => {
      const { data, ports } = event as { data: unknown; ports: readonly PagePort[] };
      const [port] = ports;
      if (taken || data !== PAGE_MESSAGES.port || port === undefined) return;
      taken = true;
      const texts = (listener: (text: string) => void): void =>
        port.addEventListener('message', (message) => listener(String((message as MessageEvent).data)));
      const channel: MessageChannel = {
        send: (text) => port.postMessage(text),
        receive: texts,
        closed: (listener) => port.addEventListener('close', listener, { once: true }),
        close: () => port.close(),
      };
      port.addEventListener(
        'message',
        (first) => {
          resolve({ greeting: JSON.parse(String((first as MessageEvent).data)), core: connectRpc(channel), port });
        },
        { once: true },
      );
      port.start();
    });
    window.postMessage(PAGE_MESSAGES.ready, window.location.origin);
  });

const silent = (): FakeElectron => createFakeElectron({ fork: () => new SilentProcess() });

describe('the desktop client with its core', () => {
  it('opens a window whose page reaches the core, keeps the key in the keychain, and stops the core when it quits', async () => {
    const profileFolder = join(temporaryFolder(), 'profile');
    const fake = await run({ fake: createFakeElectron(), profileFolder });
    const window = onlyWindow(fake);
    expect(window.visible).toBe(true);
    const { greeting, core } = await attach(window);
    expect(greeting).toEqual({ defaultServer: 'https://chat.example.org', unprotected: false });
    expect(await core.call('getApp', {})).toEqual({ phase: 'noAccount' });
    const keyFile = readFileSync(join(profileFolder, 'key.json'), 'utf8');
    expect(JSON.parse(keyFile)).toMatchObject({ protection: { kind: 'vault' } });

    let exitCode: number | undefined;
    fake.processes[0]?.once('exit', (code) => (exitCode = code));
    window.close();
    await until(() => fake.life.exitCode === 0);
    expect(exitCode).toBe(0);
    // The core let go of the profile: the next start opens it with the same keychain.
    const again = await run({ fake: createFakeElectron(), profileFolder });
    const reopened = await attach(onlyWindow(again));
    expect(await reopened.core.call('getApp', {})).toEqual({ phase: 'noAccount' });
  });

  it('says that the key lies open where Linux has no keychain, and takes none that only looks like one', async () => {
    const profileFolder = join(temporaryFolder(), 'profile');
    const fake = await run({ fake: createFakeElectron({ passwordStore: 'basic_text' }), profileFolder });
    const { greeting } = await attach(onlyWindow(fake));
    expect(greeting).toMatchObject({ unprotected: true });
    const keyFile = readFileSync(join(profileFolder, 'key.json'), 'utf8');
    expect(JSON.parse(keyFile)).toMatchObject({ protection: { kind: 'keyFile' } });
  });

  it('gives the window another core when the first has died', async () => {
    const fake = await run({ fake: createFakeElectron() });
    const first = await attach(onlyWindow(fake));
    const lost = new Promise((resolve) => first.port.addEventListener('close', () => resolve('lost')));
    (fake.processes[0] as FakeUtilityProcess).kill();
    expect(await lost).toBe('lost');
    const second = await attach(onlyWindow(fake));
    expect(await second.core.call('getApp', {})).toEqual({ phase: 'noAccount' });
    expect(fake.processes).toHaveLength(2);
  });

  it('serves a page that was loaded again', async () => {
    const fake = await run({ fake: createFakeElectron() });
    await attach(onlyWindow(fake));
    await onlyWindow(fake).load(PAGE_URL);
    const { core } = await attach(onlyWindow(fake));
    expect(await core.call('getApp', {})).toEqual({ phase: 'noAccount' });
    expect(fake.processes).toHaveLength(1);
  });
});

describe('the desktop client', () => {
  it('keeps what Chromium stores in the folder of the profile', async () => {
    const profileFolder = join(temporaryFolder(), 'profile');
    const { app } = await run({ fake: silent(), profileFolder });
    expect(app.getPath('userData')).toBe(join(profileFolder, 'window'));
  });

  it('runs once a profile: a second start brings the window of the first to the front, and ends', async () => {
    const profileFolder = join(temporaryFolder(), 'profile');
    const first = await run({ fake: silent(), profileFolder });
    onlyWindow(first).minimize();
    const second = await runOnFake({ fake: silent(), profileFolder });
    expect([second.life.exitCode, second.windows.size, second.processes]).toEqual([0, 0, []]);
    expect(onlyWindow(first).visible).toBe(true);
    const other = await run({ fake: silent() });
    expect(other.windows.size).toBe(1);
  });

  it('shows its window when the page can be seen, no larger than the screen', async () => {
    const fake = await run({ fake: silent() });
    const { options, visible } = onlyWindow(fake);
    expect(options).toMatchObject({ show: false, width: 1_024, height: 700, backgroundColor: '#120f13' });
    expect(visible).toBe(true);
  });

  it('ends with its last window, but on macOS, where the window comes back by the dock', async () => {
    const linux = await runOnFake({ fake: silent() });
    onlyWindow(linux).close();
    await until(() => linux.life.exitCode === 0);

    const mac = await run({ fake: silent(), platform: 'darwin' });
    onlyWindow(mac).close();
    mac.app.emit('activate');
    expect([mac.life.exitCode, mac.windows.size]).toEqual([undefined, 1]);
  });

  it('waits with its end until the core has stopped', async () => {
    const core = new SilentProcess();
    core.postMessage = (message) => void core.heard.push(message);
    const fake = await runOnFake({ fake: createFakeElectron({ fork: () => core }) });
    fake.electron.app.quit();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([core.heard, fake.life.exitCode]).toEqual([[{ type: 'stop' }], undefined]);
    core.emit('exit', 0);
    await until(() => fake.life.exitCode === 0);
  });

  it('does not start without an interface', async () => {
    const fake = silent();
    const { runDesktop } = await import('./desktop-app.js');
    const profileFolder = join(temporaryFolder(), 'profile');
    const options = { profileFolder, defaultServer: '', passphraseFile: undefined };
    const started = runDesktop({ electron: fake.electron, options, uiFolder: '/nowhere', platform: 'linux' });
    fake.life.becomeReady();
    await expect(started).rejects.toThrow();
  });
});
