import { BridgeClosedError, type CoreApi, type CoreEvent } from '@sotto/client/bridge';

/** A core that can be stopped. */
export interface StoppableCore extends CoreApi {
  stop(): Promise<void>;
}

/**
 * A core that is opened by the first call and, where that was refused (another program has the profile, the disk fails), tried
 * again by the next: so the window can say what is wrong, and "try again" does.
 */
export class OpeningCore<C extends StoppableCore> implements CoreApi {
  readonly #open: () => Promise<C>;
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  #opening: Promise<C> | undefined;
  #stopped = false;

  constructor(open: () => Promise<C>) {
    this.#open = open;
  }

  readonly call: CoreApi['call'] = async (method, params) => (await this.opened()).call(method, params);

  readonly subscribe: CoreApi['subscribe'] = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async stop(): Promise<void> {
    this.#stopped = true;
    const core = await this.#opening?.catch(() => undefined);
    await core?.stop();
  }

  /** The core itself, opened now where that has not happened. */
  opened(): Promise<C> {
    if (this.#stopped) return Promise.reject(new BridgeClosedError());
    this.#opening ??= this.#begin();
    return this.#opening;
  }

  async #begin(): Promise<C> {
    try {
      const core = await this.#open();
      core.subscribe((event) => {
        for (const listener of [...this.#listeners]) listener(event);
      });
      return core;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
