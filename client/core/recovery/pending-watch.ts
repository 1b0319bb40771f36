import { BridgeError, type PendingRecoveryView } from '@sotto/client/bridge';
import type { CoreLog } from '../log.js';
import type { Connection } from '../net/types.js';

interface PendingWatchParts {
  readonly connection: Pick<Connection, 'onNotice' | 'onState'>;
  readonly pending: () => Promise<readonly PendingRecoveryView[]>;
  readonly emit: (pending: readonly PendingRecoveryView[]) => void;
  readonly log: CoreLog;
}

/** Tells of what waits to change the account, as soon as the server says so and at every connection: a day may be all there is. */
export class PendingWatch {
  readonly #parts: PendingWatchParts;
  readonly #ends: (() => void)[] = [];
  #told: readonly PendingRecoveryView[] = [];
  #looking: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(parts: PendingWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    const { connection } = this.#parts;
    this.#ends.push(
      connection.onNotice((topic) => {
        if (topic === 'recovery') this.#look();
      }),
      connection.onState(({ state }) => {
        if (state === 'online') this.#look();
      }),
    );
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** One question at a time, and one more after it where there was reason meanwhile. */
  #look(): void {
    this.#isAskedAgain = this.#looking !== undefined;
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
      if (this.#isAskedAgain) this.#look();
    });
  }

  async #ask(): Promise<void> {
    try {
      const pending = await this.#parts.pending();
      if (JSON.stringify(pending) === JSON.stringify(this.#told) || this.#ends.length === 0) return;
      this.#told = pending;
      this.#parts.emit(pending);
    } catch (error) {
      // Asked again at the next connection.
      const code = error instanceof BridgeError ? error.failure.code : 'pendingRecoveries';
      this.#parts.log('failed', { code });
    }
  }
}
