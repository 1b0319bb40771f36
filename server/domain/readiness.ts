import type { Storage } from '../storage/storage.js';

export type ServerState = 'ok' | 'stopping' | 'databaseAway';

/** Whether this process can serve: for whoever decides where requests go. */
export class Readiness {
  readonly #storage: Pick<Storage, 'ping'>;
  #isStopping = false;

  constructor(storage: Pick<Storage, 'ping'>) {
    this.#storage = storage;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  beginStopping(): void {
    this.#isStopping = true;
  }

  async check(): Promise<ServerState> {
    if (this.#isStopping) return 'stopping';
    try {
      await this.#storage.ping();
      return 'ok';
    } catch {
      return 'databaseAway';
    }
  }
}
