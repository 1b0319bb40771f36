import { EventEmitter } from 'node:events';
import type { BrowserWindowConstructorOptions } from 'electron';
import { preventable, type FakeApp, type FakeLife } from './fake-app.js';
import { PageWindow, runPreload } from './fake-page.js';
import { PagePort } from './fake-ports.js';

type OpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' };

/** A page that is loaded in a window: what its scripts see, and the renderer's side of the one channel. */
export interface LoadedPage {
  readonly window: PageWindow;
  readonly response: Response;
  /** What the preload sends by, in the hands of a test: as if code of the renderer had got hold of it. */
  readonly ipcRenderer: { send(channel: string, ...args: unknown[]): void };
  readonly unload: () => void;
}

/** What a test sees of a window, and does as its page or its person. */
export interface FakeWindow {
  readonly options: BrowserWindowConstructorOptions;
  readonly contents: EventEmitter;
  readonly page: LoadedPage | undefined;
  readonly visible: boolean;
  /** Loads an address, as a reload does too. */
  load(url: string): Promise<void>;
  close(): void;
  minimize(): void;
  /** The page opens a window: whether one comes. */
  opens(url: string): boolean;
  /** The page asks for something that its surroundings may prevent: whether it happens. */
  happens(
    event: 'will-navigate' | 'will-frame-navigate' | 'will-redirect' | 'will-attach-webview',
    url: string,
  ): boolean;
}

interface WindowSurroundings {
  readonly app: FakeApp;
  readonly life: FakeLife;
  readonly ipcMain: EventEmitter;
  readonly windows: Set<FakeWindow>;
  readonly answer: (url: string) => Promise<Response | undefined>;
}

/** A frame as the main process sees it, with the renderer's end of what is sent to it. */
const createFrame = (url: string) => {
  const ipcRenderer = new EventEmitter();
  const handedOver: PagePort[] = [];
  const frame = {
    url,
    parent: null,
    postMessage: (channel: string, message: unknown, transfer: readonly object[] = []): void => {
      const ports = transfer.map((port) => new PagePort(port));
      handedOver.push(...ports);
      setImmediate(() => ipcRenderer.emit(channel, { ports }, message));
    },
  };
  /** A page that goes takes its ports along. */
  const unload = (): void => {
    for (const port of handedOver) port.close();
  };
  return { frame, ipcRenderer, unload };
};

/** `BrowserWindow` of one program. */
export const createWindows = ({ app, life, ipcMain, windows, answer }: WindowSurroundings) => {
  const loadPage = async (url: string, { webPreferences = {} }: BrowserWindowConstructorOptions, sender: object) => {
    const response = await answer(url);
    if (response?.ok !== true) throw new Error(`ERR_FAILED loading '${url}'`);
    const window = new PageWindow(url);
    const { frame, ipcRenderer, unload } = createFrame(url);
    const send = (channel: string, ...args: unknown[]): void => {
      const copied = structuredClone(args);
      setImmediate(() => ipcMain.emit(channel, { sender, senderFrame: frame, ports: [] }, ...copied));
    };
    const rendererSide = Object.assign(ipcRenderer, { send });
    if (webPreferences.preload !== undefined) runPreload(webPreferences.preload, { ipcRenderer: rendererSide }, window);
    return { window, response, ipcRenderer: rendererSide, unload } satisfies LoadedPage;
  };

  return class BrowserWindow extends EventEmitter {
    readonly #options: BrowserWindowConstructorOptions;
    readonly webContents: EventEmitter & { setWindowOpenHandler(handler: OpenHandler): void; getURL(): string };
    #page: LoadedPage | undefined;
    #openHandler: OpenHandler = () => ({ action: 'allow' });
    #state: 'hidden' | 'visible' | 'minimized' | 'destroyed';

    constructor(options: BrowserWindowConstructorOptions = {}) {
      super();
      if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
      this.#options = options;
      this.#state = options.show === false ? 'hidden' : 'visible';
      this.webContents = Object.assign(new EventEmitter(), {
        setWindowOpenHandler: (handler: OpenHandler): void => void (this.#openHandler = handler),
        getURL: () => this.#page?.window.location.href ?? '',
      });
      windows.add(this.#handle());
      app.emit('web-contents-created', preventable({}), this.webContents);
    }

    async loadURL(url: string): Promise<void> {
      this.#page?.unload();
      this.#page = await loadPage(url, this.#options, this.webContents);
      this.emit('ready-to-show');
    }

    show(): void {
      this.#state = 'visible';
    }

    focus(): void {
      if (this.#state === 'hidden') this.#state = 'visible';
    }

    isMinimized(): boolean {
      return this.#state === 'minimized';
    }

    restore(): void {
      if (this.#state === 'minimized') this.#state = 'visible';
    }

    isDestroyed(): boolean {
      return this.#state === 'destroyed';
    }

    #handle(): FakeWindow {
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- a handle outside of the window, so that the window has Electron's members alone
      const self = this;
      const handle: FakeWindow = {
        options: this.#options,
        contents: this.webContents,
        get page() {
          return self.#page;
        },
        get visible() {
          return self.#state === 'visible';
        },
        load: (url) => this.loadURL(url),
        minimize: () => void (this.#state = 'minimized'),
        close: () => {
          if (this.#state === 'destroyed') return;
          this.#state = 'destroyed';
          this.#page?.unload();
          windows.delete(handle);
          this.emit('closed');
          life.windowClosed();
        },
        opens: (url) => this.#openHandler({ url }).action === 'allow',
        happens: (name, url) => {
          const event = preventable({ url });
          this.webContents.emit(name, event);
          return !event.defaultPrevented;
        },
      };
      return handle;
    }
  };
};
