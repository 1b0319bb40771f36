import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Electron from 'electron';
import { serveAttachments } from './attachments.js';
import { CoreLink } from './core-link.js';
import { createLinkOpener } from './external-links.js';
import { findKeychain } from './keychain.js';
import { lockApp, lockSession } from './lockdown.js';
import type { DesktopOptions } from './options.js';
import { loadPageFiles, PAGE_URL, registerPageScheme, servePage } from './window-page.js';
import { windowOptions } from './window-options.js';

/** What of Electron the program uses. */
export type ElectronParts = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'ipcMain'
  | 'Menu'
  | 'MessageChannelMain'
  | 'nativeTheme'
  | 'protocol'
  | 'safeStorage'
  | 'screen'
  | 'session'
  | 'shell'
  | 'utilityProcess'
>;

interface DesktopParts {
  readonly electron: ElectronParts;
  readonly options: DesktopOptions;
  /** Where the built interface lies. */
  readonly uiFolder: string;
  readonly platform: NodeJS.Platform;
}

const PRELOAD = fileURLToPath(new URL('./preload/preload.cjs', import.meta.url));

/** Copy, paste and quit need menu entries on macOS; elsewhere a menu would only offer to reload. */
const setMenu = ({ Menu }: Pick<ElectronParts, 'Menu'>, platform: NodeJS.Platform): void => {
  const menu =
    platform === 'darwin'
      ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
      : null;
  Menu.setApplicationMenu(menu);
};

const openWindow = ({ electron }: DesktopParts): Electron.BrowserWindow => {
  const { app, BrowserWindow, nativeTheme, screen } = electron;
  const window = new BrowserWindow(
    windowOptions({
      workArea: screen.getPrimaryDisplay().workAreaSize,
      dark: nativeTheme.shouldUseDarkColors,
      preload: PRELOAD,
      devTools: !app.isPackaged,
    }),
  );
  window.once('ready-to-show', () => window.show());
  void window.loadURL(PAGE_URL);
  return window;
};

/**
 * The desktop client: one window, one core in a process of its own, one instance a profile. Called before Electron is ready;
 * resolves when it runs, or has given way to the instance that runs already.
 */
export const runDesktop = async (parts: DesktopParts): Promise<'running' | 'alreadyRunning'> => {
  const { electron, options, uiFolder, platform } = parts;
  const { app } = electron;
  // Everything of a profile lies in its folder, what Chromium keeps too; the lock on the instance goes by it.
  const windowData = join(options.profileFolder, 'window');
  mkdirSync(windowData, { recursive: true, mode: 0o700 });
  app.setPath('userData', windowData);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return 'alreadyRunning';
  }
  app.enableSandbox();
  registerPageScheme(electron.protocol);
  lockApp(app, createLinkOpener(electron.shell));
  await app.whenReady();

  lockSession(electron.session.defaultSession);
  servePage(electron.protocol, loadPageFiles(uiFolder));
  setMenu(electron, platform);
  const { profileFolder, passphraseFile, defaultServer } = options;
  const core = new CoreLink({
    utilityProcess: electron.utilityProcess,
    args: { profileFolder, defaultServer, ...(passphraseFile === undefined ? {} : { passphraseFile }) },
    findKeychain: () => findKeychain(electron.safeStorage, platform),
  });
  serveAttachments({
    ipcMain: electron.ipcMain,
    createChannel: () => new electron.MessageChannelMain(),
    core,
  });

  let window: Electron.BrowserWindow | undefined;
  const show = (): void => {
    if (window === undefined || window.isDestroyed()) window = openWindow(parts);
    else {
      if (window.isMinimized()) window.restore();
      window.focus();
    }
  };
  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => {
    // On macOS a program lives on without windows.
    if (platform !== 'darwin') app.quit();
  });
  let stopped = false;
  app.on('will-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    void core.stop().then(() => {
      stopped = true;
      app.quit();
    });
  });
  core.start();
  show();
  return 'running';
};
