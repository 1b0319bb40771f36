import type { CoreApi } from '@sotto/client/bridge';
import type { MessageId } from '@sotto/protocol/ids';

/** When texts of the peer came to be shown, as the events of a core tell, on the clock of `performance.now()`. */
export class Arrivals {
  readonly #at = new Map<MessageId, number>();
  #waiting: (() => void)[] = [];

  constructor(core: CoreApi) {
    core.subscribe((event) => {
      if (event.type !== 'messages') return;
      const now = performance.now();
      // An event that says more of the same message says nothing of when it arrived.
      for (const messageId of event.arrived) if (!this.#at.has(messageId)) this.#at.set(messageId, now);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  get count(): number {
    return this.#at.size;
  }

  /** Resolves with the time when it arrived. */
  async of(messageId: MessageId): Promise<number> {
    for (;;) {
      const at = this.#at.get(messageId);
      if (at !== undefined) return at;
      await this.#change();
    }
  }

  async reach(count: number): Promise<void> {
    while (this.#at.size < count) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
