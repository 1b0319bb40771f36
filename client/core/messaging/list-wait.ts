import type { AccountId } from '@sotto/protocol/ids';
import type { PeerDevices } from '../devices/types.js';
import type { Clock } from '../net/clock.js';
import type { ListState } from './incoming-gate.js';

/** A little longer than a claim that proved nothing keeps further ones out. */
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
  /** To be opened after the next look at the list of their account. */
  readonly #waiting = new Map<AccountId, Set<number>>();
  /** The last look came too soon after the one before; only a fetch can help them. */
  readonly #postponed = new Map<AccountId, Set<number>>();
  readonly #timers = new Map<AccountId, () => void>();
  readonly #looking = new Set<AccountId>();
  /** Accounts about which the server cannot be asked now. */
  readonly #away = new Set<AccountId>();
  #stopped = false;

  constructor(parts: ListWaitParts) {
    this.#parts = parts;
  }

  /** @param looked - what was already known when the entry was opened in vain */
  add(account: AccountId, entryId: number, looked: ListState | undefined): void {
    const entries = looked === undefined ? this.#waiting : this.#postponed;
    entries.set(account, (entries.get(account) ?? new Set()).add(entryId));
    if (looked === undefined && !this.#away.has(account)) void this.#look(account);
  }

  /** The connection is back: what waits for it need not wait longer. */
  wake(): void {
    for (const account of [...this.#away]) void this.#look(account);
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
    if (this.#isStopped()) return;
    if (look.state === 'away') {
      this.#away.add(account);
      this.#lookAfter(account, Math.max(look.retryAfterMs, AWAY_RETRY_MS));
      return;
    }
    this.#away.delete(account);
    if (look.state === 'tooSoon') this.#lookAfter(account, TOO_SOON_MS);
    await this.#parts.reopen(this.#take(account, look.state), account, look.state);
  }

  #take(account: AccountId, state: ListState): readonly number[] {
    const entries = [...(this.#waiting.get(account) ?? [])];
    this.#waiting.delete(account);
    if (state === 'tooSoon') return entries;
    entries.push(...(this.#postponed.get(account) ?? []));
    this.#postponed.delete(account);
    return entries;
  }

  async #fetch(account: AccountId): Promise<ListLook> {
    const { devices } = this.#parts;
    // What the last look was for has not been done yet where nobody answered it.
    const isDue = this.#away.has(account) || devices.find(account) === undefined;
    const result = await (isDue ? devices.refresh(account) : devices.refreshForClaim(account));
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

  /** Looks again later even if nothing waits then: a claim of a newer list may have told of a revocation. */
  #lookAfter(account: AccountId, delayMs: number): void {
    this.#timers.get(account)?.();
    const cancel = this.#parts.clock.after(delayMs, () => {
      this.#timers.delete(account);
      void this.#look(account);
    });
    this.#timers.set(account, cancel);
  }
}
