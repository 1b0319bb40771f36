import { fileURLToPath } from 'node:url';
import type Electron from 'electron';
import { KeychainRequest, type CoreArguments, type ToCore } from './core-messages.js';
import type { Keychain } from './keychain.js';

/** How long the core may take to put everything in order before it is ended. */
const STOP_MS = 5_000;

interface CoreLinkParts {
  readonly utilityProcess: Pick<(typeof Electron)['utilityProcess'], 'fork'>;
  readonly args: CoreArguments;
  /** Looked for anew each time: a keychain that was locked may be open by now. */
  readonly findKeychain: () => Promise<Keychain | undefined>;
}

/** The core's process as the main process sees it: started when a window needs it, started anew when it has died. */
export class CoreLink {
  readonly #parts: CoreLinkParts;
  #process: Electron.UtilityProcess | undefined;
  #stopping = false;

  constructor(parts: CoreLinkParts) {
    this.#parts = parts;
  }

  /** Starts the core where it does not run, ahead of the first window. */
  start(): void {
    this.#running();
  }

  /** Hands a window's port to the core. */
  attach(port: Electron.MessagePortMain): void {
    if (this.#stopping) port.close();
    else this.#say(this.#running(), { type: 'attach' }, [port]);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill(), STOP_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#say(child, { type: 'stop' });
    });
  }

  #running(): Electron.UtilityProcess {
    if (this.#process !== undefined) return this.#process;
    const { utilityProcess, args } = this.#parts;
    const child = utilityProcess.fork(
      fileURLToPath(new URL('./core-process.js', import.meta.url)),
      [JSON.stringify(args)],
      { serviceName: 'Sotto core', stdio: 'inherit' },
    );
    child.on('message', (message: unknown) => void this.#hear(child, message));
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
    this.#process = child;
    return child;
  }

  async #hear(child: Electron.UtilityProcess, said: unknown): Promise<void> {
    const request = KeychainRequest.safeParse(said).data;
    if (request === undefined) return;
    const result = await this.#askKeychain(request);
    this.#say(child, { type: 'keychainAnswer', id: request.id, ...(result === undefined ? {} : { result }) });
  }

  async #askKeychain({ action, value }: KeychainRequest): Promise<string | undefined> {
    try {
      const keychain = await this.#parts.findKeychain();
      if (keychain === undefined) return undefined;
      return action === 'find' ? '' : await keychain[action](value);
    } catch {
      // A keychain that the person did not unlock: the core is told that it did not work.
      return undefined;
    }
  }

  #say(child: Electron.UtilityProcess, message: ToCore, ports: Electron.MessagePortMain[] = []): void {
    child.postMessage(message, ports);
  }
}
