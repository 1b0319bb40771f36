import { describe, expect, it } from '@jest/globals';
import { ATTACH_CHANNEL } from '@sotto/client/bridge';
import { FakeMessageChannelMain } from './testing/fake-ports.js';
import { onlyWindow, runOnFake, type SilentProcess } from './testing/run-on-fake.js';
import type { FakeElectron } from './testing/fake-electron.js';
import { PAGE_URL } from './window-page.js';

// Electron's own security checklist, item by item, as far as code can hold it. The fuses are in packaging.test.ts.

const OURS = 'app://sotto/index.html';
const FOREIGN = [
  'https://evil.example/',
  'http://127.0.0.1:1/',
  'file:///etc/passwd',
  'app://other/',
  'data:text/html,x',
];

const attachmentsOf = ({ processes }: FakeElectron): number =>
  (processes[0] as SilentProcess).heard.filter((message) => (message as { type: string }).type === 'attach').length;

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('a window', () => {
  it('has a page without power: sandboxed, isolated, without Node, with every guard on', async () => {
    const fake = await runOnFake();
    expect(fake.life.sandboxed).toBe(true);
    expect(onlyWindow(fake).options.webPreferences).toEqual({
      preload: expect.stringMatching(/[\\/]preload[\\/]preload\.cjs$/),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      disableDialogs: true,
      spellcheck: false,
      devTools: true,
    });
  });

  it('loads its page from a scheme of its own that has no more privileges than it needs', async () => {
    const fake = await runOnFake();
    expect(fake.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true, supportFetchAPI: true } },
    ]);
    expect(onlyWindow(fake).page?.window.location.href).toBe(OURS);
  });

  it('is served a policy under which nothing loads but its own files, and nothing is talked to', async () => {
    const { headers } = onlyWindow(await runOnFake()).page!.response;
    expect(headers.get('content-security-policy')?.split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'none'",
      "default-src 'none'",
      "font-src 'self'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      'trusted-types sotto-decoder',
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it.each(FOREIGN)('does not go to %s, by link, frame or redirect', async (url) => {
    const window = onlyWindow(await runOnFake());
    for (const way of ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const)
      expect([way, window.happens(way, url)]).toEqual([way, false]);
  });

  it('may load its own page again', async () => {
    expect(onlyWindow(await runOnFake()).happens('will-navigate', OURS)).toBe(true);
  });

  it('opens no window; an https link goes to the browser of the person', async () => {
    const fake = await runOnFake();
    const window = onlyWindow(fake);
    const opened = ['https://example.org/a', ...FOREIGN.slice(1), OURS, 'javascript:alert(1)'].map((url) =>
      window.opens(url),
    );
    expect(opened.every((open) => !open)).toBe(true);
    await turn();
    expect(fake.openedOutside).toEqual(['https://example.org/a']);
  });

  it('attaches no webview', async () => {
    expect(onlyWindow(await runOnFake()).happens('will-attach-webview', OURS)).toBe(false);
  });

  it('is granted nothing but copying a text and the camera, and that only to our page', async () => {
    const fake = await runOnFake();
    const { contents } = onlyWindow(fake);
    const asked = ['geolocation', 'notifications', 'midi', 'openExternal', 'clipboard-read', 'display-capture'];
    for (const permission of asked) {
      expect([permission, await fake.locks.requestPermission(contents, permission)]).toEqual([permission, false]);
      expect([permission, fake.locks.onCheck(contents, permission, 'app://sotto', {})]).toEqual([permission, false]);
    }
    expect(fake.locks.onDevice()).toBe(false);
    const copy = 'clipboard-sanitized-write';
    expect(await fake.locks.requestPermission(contents, copy)).toBe(true);
    expect(fake.locks.onCheck(contents, copy, 'app://sotto/', {})).toBe(true);
    expect(await fake.locks.requestPermission({ getURL: () => 'https://evil.example/' }, copy)).toBe(false);
    expect(fake.locks.onCheck(null, copy, 'https://evil.example', {})).toBe(false);
  });

  it('may look, and never listen', async () => {
    const fake = await runOnFake();
    const { contents } = onlyWindow(fake);
    const { locks } = fake;
    const foreign = { getURL: () => 'https://evil.example/' };
    expect(await locks.requestPermission(contents, 'media', 'video')).toBe(true);
    expect(await locks.requestPermission(contents, 'media', 'audio')).toBe(false);
    expect(await locks.requestPermission(contents, 'media', 'video', 'audio')).toBe(false);
    expect(await locks.requestPermission(contents, 'media')).toBe(false);
    expect(await locks.requestPermission(foreign, 'media', 'video')).toBe(false);
    expect(locks.onCheck(contents, 'media', 'app://sotto', { mediaType: 'video' })).toBe(true);
    expect(locks.onCheck(contents, 'media', 'app://sotto', { mediaType: 'audio' })).toBe(false);
    expect(locks.onCheck(contents, 'media', 'https://evil.example', { mediaType: 'video' })).toBe(false);
  });

  it('reaches nothing by the network, downloads what it has made itself alone, and fetches no dictionary', async () => {
    const { locks } = await runOnFake();
    for (const url of [
      'https://evil.example/x',
      'ws://127.0.0.1/',
      'file:///etc/passwd',
      'blob:https://evil.example/1',
    ])
      expect([url, await locks.lets(url)]).toEqual([url, false]);
    expect(await locks.lets(PAGE_URL)).toBe(true);
    expect(await locks.lets('blob:app://sotto/1')).toBe(true);
    expect(['https://evil.example/x', PAGE_URL, 'blob:app://sotto.evil/1'].map((url) => locks.downloads(url))).toEqual([
      false,
      false,
      false,
    ]);
    expect([locks.downloads('blob:app://sotto/1'), locks.spellChecker]).toEqual([true, false]);
  });

  it('has no menu that could reload it or open tools, but on macOS, where copying needs one', async () => {
    expect((await runOnFake()).menus).toEqual([null]);
    const [menu] = (await runOnFake({ platform: 'darwin' })).menus;
    expect(menu).toEqual({ template: [{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }] });
  });
});

describe('the one channel of a window', () => {
  it('is the only one that the main process hears', async () => {
    expect((await runOnFake()).ipcMain.eventNames()).toEqual([ATTACH_CHANNEL]);
  });

  it('gives our page in the main frame a port', async () => {
    const fake = await runOnFake();
    onlyWindow(fake).page?.ipcRenderer.send(ATTACH_CHANNEL);
    await turn();
    expect(attachmentsOf(fake)).toBe(1);
  });

  it.each([
    ['a frame that is gone', null],
    ['a frame inside the page', { url: OURS, parent: {} }],
    ['another site', { url: 'https://evil.example/', parent: null }],
    ['a site that looks like ours', { url: 'app://sotto.evil.example/', parent: null }],
    ['a file', { url: 'file:///app://sotto/', parent: null }],
  ])('gives nothing to %s', async (_, senderFrame) => {
    const fake = await runOnFake();
    const answers: unknown[] = [];
    const frame = senderFrame && { ...senderFrame, postMessage: (...given: unknown[]) => answers.push(given) };
    fake.ipcMain.emit(ATTACH_CHANNEL, { senderFrame: frame, sender: {} });
    expect([attachmentsOf(fake), answers]).toEqual([0, []]);
  });

  it('takes no message with it: what a page says beside the asking is not handed on', async () => {
    const fake = await runOnFake();
    onlyWindow(fake).page?.ipcRenderer.send(ATTACH_CHANNEL, { type: 'stop' }, 'more');
    await turn();
    expect((fake.processes[0] as SilentProcess).heard).toEqual([{ type: 'attach' }]);
  });

  it('has ports that wait until somebody listens', async () => {
    const { port1, port2 } = new FakeMessageChannelMain();
    port1.postMessage('early');
    await turn();
    const heard: unknown[] = [];
    port2.on('message', ({ data }) => heard.push(data));
    await turn();
    expect(heard).toEqual([]);
    port2.start();
    await turn();
    expect(heard).toEqual(['early']);
    port1.close();
    port2.close();
  });
});
