import { EventEmitter } from 'node:events';
import { isAbsolute } from 'node:path';

/** An event that a listener may stop. */
export const preventable = <T extends object>(
  more: T,
): T & { preventDefault(): void; readonly defaultPrevented: boolean } => {
  let prevented = false;
  return Object.defineProperty(
    Object.assign({ preventDefault: () => void (prevented = true) }, more),
    'defaultPrevented',
    {
      get: () => prevented,
    },
  ) as T & { preventDefault(): void; readonly defaultPrevented: boolean };
};

/** The instances that hold a lock, by their data folder, over all fakes: they stand for processes of one machine. */
const holders = new Map<string, FakeApp>();

interface ClosableWindow {
  close(): void;
}

/** The lifecycle: ready when told so, quits in Electron's order. */
export class FakeApp extends EventEmitter {
  readonly isPackaged = false;
  readonly #paths = new Map<string, string>([['userData', '/nowhere']]);
  readonly #windows: ReadonlySet<ClosableWindow>;
  readonly #life: FakeLife;
  #ready = false;
  #quitting = false;

  constructor(windows: ReadonlySet<ClosableWindow>, life: FakeLife) {
    super();
    this.#windows = windows;
    this.#life = life;
    life.becomeReady = () => {
      this.#ready = true;
      this.emit('ready');
    };
    life.windowClosed = () => this.#windowClosed();
  }

  isReady(): boolean {
    return this.#ready;
  }

  whenReady(): Promise<void> {
    if (this.#ready) return Promise.resolve();
    return new Promise((resolve) => this.once('ready', resolve));
  }

  enableSandbox(): void {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready');
    this.#life.sandboxed = true;
  }

  setPath(name: string, path: string): void {
    if (!isAbsolute(path)) throw new Error('Path must be absolute');
    this.#paths.set(name, path);
  }

  getPath(name: string): string {
    const path = this.#paths.get(name);
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }

  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData');
    const holder = holders.get(folder);
    if (holder === undefined) holders.set(folder, this);
    else if (holder !== this) holder.emit('second-instance', preventable({}), [], '/', null);
    return holder === undefined || holder === this;
  }

  quit(): void {
    const before = preventable({});
    this.emit('before-quit', before);
    if (before.defaultPrevented) return;
    this.#quitting = true;
    for (const window of [...this.#windows]) window.close();
    const last = preventable({});
    this.emit('will-quit', last);
    this.#quitting = false;
    if (!last.defaultPrevented) this.exit(0);
  }

  exit(code = 0): void {
    if (this.#life.exitCode !== undefined) return;
    this.#life.exitCode = code;
    const folder = this.getPath('userData');
    if (holders.get(folder) === this) holders.delete(folder);
    this.emit('quit', preventable({}), code);
  }

  #windowClosed(): void {
    if (this.#windows.size > 0 || this.#quitting) return;
    if (this.listenerCount('window-all-closed') === 0) this.quit();
    else this.emit('window-all-closed');
  }
}

/** What a test does to the program, and sees of it. */
export class FakeLife {
  /** All renderers are sandboxed, whatever their windows say. */
  sandboxed = false;
  exitCode: number | undefined;
  becomeReady = (): void => {};
  windowClosed = (): void => {};
}
