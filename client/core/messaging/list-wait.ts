import type { AccountId } from '@sotto/protocol/ids';
import type { PeerDevices } from '../devices/types.js';
import type { Clock } from '../net/clock.js';
import type { ListState } from './incoming-gate.js';

/** As long as a claim that proved nothing keeps further ones out. */
const TOO_SOON_MS = 61_000;
const AWAY_RETRY_MS = 10_000;

interface ListWaitParts {
  readonly devices: PeerDevices;
  readonly clock: Clock;
  /** Opens these inbox entries once more, with what is now known about the list of their account. */
  readonly reopen: (entryIds: readonly number[], account: AccountId, state: ListState) => Promise<void>;
}

type ListLook = { readonly state: ListState } | { readonly state: 'away'; readonly retryAfterMs: number };

/**
 * Envelopes whose sender's device list has to be fetched first. That happens here, outside of the lane, so that nobody else's
 * messages wait for it; the envelopes stay in the inbox meanwhile.
 */
export class ListWait {
  readonly #parts: ListWaitParts;
  readonly #waiting = new Map<AccountId, Set<number>>();
  readonly #timers = new Map<AccountId, () => void>();
  readonly #looking = new Set<AccountId>();
  #stopped = false;

  constructor(parts: ListWaitParts) {
    this.#parts = parts;
  }

  add(account: AccountId, entryId: number): void {
    const entries = this.#waiting.get(account) ?? new Set();
    this.#waiting.set(account, entries.add(entryId));
    if (!this.#timers.has(account)) void this.#look(account);
  }

  /** The connection is back: what waits for it need not wait longer. */
  wake(): void {
    for (const [account, cancel] of [...this.#timers]) {
      cancel();
      this.#timers.delete(account);
      void this.#look(account);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  async #look(account: AccountId): Promise<void> {
    if (this.#looking.has(account) || this.#isStopped()) return;
    this.#looking.add(account);
    const look = await this.#fetch(account).catch((): ListLook => ({ state: 'away', retryAfterMs: 0 }));
    this.#looking.delete(account);
    if (look.state !== 'fetched') this.#later(account, look.state === 'away' ? look.retryAfterMs : TOO_SOON_MS);
    if (look.state === 'away' || this.#isStopped()) return;
    const entries = this.#waiting.get(account) ?? [];
    this.#waiting.delete(account);
    await this.#parts.reopen([...entries], account, look.state);
  }

  async #fetch(account: AccountId): Promise<ListLook> {
    const { devices } = this.#parts;
    const isKnown = devices.find(account) !== undefined;
    const result = await (isKnown ? devices.refreshForClaim(account) : devices.verified(account));
    switch (result.outcome) {
      case 'ok':
      case 'alarm':
      case 'unverifiable':
      case 'unknownAccount':
        return { state: 'fetched' };
      case 'tooSoon':
        return { state: 'tooSoon' };
      case 'away':
        return { state: 'away', retryAfterMs: 0 };
      case 'refused':
        return { state: 'away', retryAfterMs: result.retryAfterMs };
    }
  }

  #later(account: AccountId, delayMs: number): void {
    if (this.#isStopped()) return;
    this.#timers.get(account)?.();
    const cancel = this.#parts.clock.after(Math.max(delayMs, AWAY_RETRY_MS), () => {
      this.#timers.delete(account);
      if (this.#waiting.has(account)) void this.#look(account);
    });
    this.#timers.set(account, cancel);
  }
}
