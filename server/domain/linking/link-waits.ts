import { setTimeout as pause } from 'node:timers/promises';
import type { Notifier } from '../../notifier/notifier.js';
import type { Bytes } from '../../storage/bytes.js';
import { linkName } from './link-name.js';

/** What a look at a session has found. */
export interface Look<Found> {
  readonly found: Found;
  /** Is this what the caller is waiting for? */
  readonly isNew: boolean;
  /** Look again then at the latest: the session's time is over. */
  readonly againInMs: number;
}

/** Wakes up a little after the moment that it waits for. */
const LATE_MS = 5;

/** Calls that wait for the other side of a link, whichever process that talks to. */
export class LinkWaits {
  readonly #notifier: Notifier;
  readonly #wakeAll = new Set<() => void>();
  #isStopping = false;

  constructor(notifier: Notifier) {
    this.#notifier = notifier;
  }

  /** Looks until there is something new, for `waitMs` at most. */
  async wait<Found>(linkSessionId: Bytes, waitMs: number, look: () => Promise<Look<Found>>): Promise<Found> {
    let wake: () => void = () => undefined;
    const arm = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    const wakeThis = () => wake();
    const deadline = performance.now() + waitMs;
    // Listening comes before looking: what changes in between is not missed.
    let woken = arm();
    const stop = await this.#notifier.subscribeLink(linkName(linkSessionId), wakeThis);
    this.#wakeAll.add(wakeThis);
    try {
      for (;;) {
        const { found, isNew, againInMs } = await look();
        const leftMs = deadline - performance.now();
        if (isNew || leftMs <= 0 || this.#isStopping) return found;
        await this.#sleep(woken, Math.min(leftMs, againInMs + LATE_MS));
        woken = arm();
      }
    } finally {
      this.#wakeAll.delete(wakeThis);
      stop();
    }
  }

  /** Answers everybody who waits with what there is: the client asks again, another process if there is one. */
  stop(): void {
    this.#isStopping = true;
    for (const wake of this.#wakeAll) wake();
  }

  async #sleep(woken: Promise<void>, ms: number): Promise<void> {
    const ended = new AbortController();
    try {
      await Promise.race([woken, pause(ms, undefined, { signal: ended.signal }).catch(() => undefined)]);
    } finally {
      ended.abort();
    }
  }
}
