import { EventEmitter } from 'node:events';
import type { CustomScheme } from 'electron';
import type { ElectronParts } from '../desktop-app.js';
import { FakeApp, FakeLife } from './fake-app.js';
import { createFakeSession, type SessionLocks } from './fake-session.js';
import { createWindows, type FakeWindow } from './fake-window.js';
import { FakeMessageChannelMain } from './fake-ports.js';
import { FakeUtilityProcess } from './fake-utility-process.js';

interface FakeElectronOptions {
  /** Linux's store of passwords; elsewhere there is no such thing. */
  readonly passwordStore?: string;
  /** What sealed strings begin with. */
  readonly sealTag?: string;
  readonly isKeychainOpen?: () => boolean;
  /** Stands for the utility process where a test wants another than the real program. */
  readonly fork?: (modulePath: string, args: readonly string[], options: object) => EventEmitter;
}

const createSafeStorage = (app: FakeApp, options: FakeElectronOptions) => {
  const { passwordStore = 'gnome_libsecret', sealTag = 'v11', isKeychainOpen = () => true } = options;
  const mustBeUsable = (): void => {
    if (!app.isReady()) throw new Error('safeStorage cannot be used before app is ready');
    if (!isKeychainOpen()) throw new Error('Encryption is not available');
  };
  return {
    isAsyncEncryptionAvailable: async () => app.isReady() && isKeychainOpen(),
    getSelectedStorageBackend: () => (app.isReady() ? passwordStore : 'unknown'),
    encryptStringAsync: async (plainText: string) => {
      mustBeUsable();
      return Buffer.from(sealTag + Buffer.from(plainText).toString('hex'));
    },
    decryptStringAsync: async (encrypted: Buffer) => {
      mustBeUsable();
      const text = encrypted.toString('latin1');
      if (!text.startsWith(sealTag)) throw new Error('Error while decrypting the ciphertext');
      return { shouldReEncrypt: false, result: Buffer.from(text.slice(sealTag.length), 'hex').toString('utf8') };
    },
  };
};

const createProtocol = (app: FakeApp) => {
  const schemes: CustomScheme[] = [];
  const handlers = new Map<string, (request: Request) => Response | Promise<Response>>();
  return {
    schemes,
    protocol: {
      registerSchemesAsPrivileged: (given: readonly CustomScheme[]): void => {
        if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
        schemes.push(...given);
      },
      handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>): void => {
        if (!app.isReady()) throw new Error('protocol.handle cannot be used before app is ready');
        handlers.set(scheme, handler);
      },
    },
    /** What a page gets for an address; `undefined` where nobody serves it. */
    answer: async (url: string): Promise<Response | undefined> =>
      handlers.get(new URL(url).protocol.replace(':', ''))?.({ method: 'GET', url } as Request),
  };
};

/** What of Electron the program uses, acting as Electron does where the program relies on it, and what a test sees of it. */
export interface FakeElectron {
  readonly electron: ElectronParts;
  readonly app: FakeApp;
  readonly life: FakeLife;
  readonly windows: ReadonlySet<FakeWindow>;
  readonly locks: SessionLocks;
  readonly schemes: readonly CustomScheme[];
  readonly ipcMain: EventEmitter;
  readonly openedOutside: readonly string[];
  readonly menus: readonly unknown[];
  readonly processes: readonly EventEmitter[];
}

export const createFakeElectron = (options: FakeElectronOptions = {}): FakeElectron => {
  const windows = new Set<FakeWindow>();
  const life = new FakeLife();
  const app = new FakeApp(windows, life);
  const ipcMain = new EventEmitter();
  const { protocol, schemes, answer } = createProtocol(app);
  const { session, locks } = createFakeSession();
  const openedOutside: string[] = [];
  const menus: unknown[] = [];
  const processes: EventEmitter[] = [];
  const onceReady = <T>(name: string, value: T): T => {
    if (!app.isReady()) throw new Error(`${name} cannot be used before app is ready`);
    return value;
  };
  const fork = options.fork ?? ((...given) => FakeUtilityProcess.fork(...given));

  const electron = {
    app,
    BrowserWindow: createWindows({ app, life, ipcMain, windows, answer }),
    ipcMain,
    Menu: {
      buildFromTemplate: (template: unknown) => ({ template }),
      setApplicationMenu: (menu: unknown) => void menus.push(menu),
    },
    MessageChannelMain: FakeMessageChannelMain,
    nativeTheme: { shouldUseDarkColors: true },
    protocol,
    safeStorage: createSafeStorage(app, options),
    screen: { getPrimaryDisplay: () => onceReady('screen', { workAreaSize: { width: 1_024, height: 700 } }) },
    session: {
      get defaultSession() {
        return onceReady('session', session);
      },
    },
    shell: {
      openExternal: async (url: string) => void openedOutside.push(url),
    },
    utilityProcess: {
      fork: (modulePath: string, args: readonly string[] = [], given: object = {}) => {
        const started = onceReady('utilityProcess', fork(modulePath, args, given));
        processes.push(started);
        return started;
      },
    },
  };
  return {
    // The fake has what the program uses; fake-electron.test.ts holds that against Electron's own declarations.
    electron: electron as unknown as ElectronParts,
    app,
    life,
    windows,
    locks,
    schemes,
    ipcMain,
    openedOutside,
    menus,
    processes,
  };
};
