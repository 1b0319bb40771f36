import { constantTimeEqual } from '@sotto/crypto';
import type { ListHead } from '@sotto/protocol/content';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Clock } from '../net/clock.js';
import { verifiedDevicesOf } from './device-pin.js';
import type { ListFetch } from './list-fetch.js';
import { isBeyond } from './list-place.js';
import type {
  DevicePinStore,
  HeadVerdict,
  LookListener,
  PeerDevices,
  RefreshResult,
  VerifiedDevices,
} from './types.js';

/** A claimed head without proof may cost one fetch in this time. */
const CLAIM_PAUSE_MS = 60_000;
/** Accounts whose last claimed fetch is remembered: more than that write to nobody within a minute. */
const CLAIMS_REMEMBERED = 10_000;

/** The device lists that this device has verified, and the rules by which it asks for more. */
export class PinnedDevices implements PeerDevices {
  readonly #pins: DevicePinStore;
  readonly #lists: ListFetch;
  readonly #clock: Clock;
  readonly #underWay = new Map<AccountId, Promise<RefreshResult>>();
  readonly #listeners = new Set<LookListener>();
  readonly #claimedAt = new Map<AccountId, UnixMs>();

  constructor(parts: { readonly pins: DevicePinStore; readonly lists: ListFetch; readonly clock: Clock }) {
    this.#pins = parts.pins;
    this.#lists = parts.lists;
    this.#clock = parts.clock;
  }

  find(accountId: AccountId): VerifiedDevices | undefined {
    const pin = this.#pins.find(accountId);
    return pin === undefined ? undefined : verifiedDevicesOf(pin);
  }

  async verified(accountId: AccountId): Promise<RefreshResult> {
    const devices = this.find(accountId);
    if (devices === undefined) return this.refresh(accountId);
    return { outcome: devices.alarm ? 'alarm' : 'ok', devices };
  }

  refresh(accountId: AccountId): Promise<RefreshResult> {
    const underWay = this.#underWay.get(accountId);
    if (underWay !== undefined) return underWay;
    const fetching = this.#fetch(accountId);
    this.#underWay.set(accountId, fetching);
    return fetching;
  }

  async refreshForClaim(accountId: AccountId): Promise<RefreshResult | { readonly outcome: 'tooSoon' }> {
    const now = this.#clock.now();
    const last = this.#claimedAt.get(accountId);
    // A clock that was set back must not shut claims out for as long as it was wrong.
    if (last !== undefined && Math.abs(now - last) < CLAIM_PAUSE_MS) return { outcome: 'tooSoon' };
    if (this.#claimedAt.size >= CLAIMS_REMEMBERED) this.#claimedAt.clear();
    this.#claimedAt.set(accountId, now);
    return this.refresh(accountId);
  }

  observeHead(accountId: AccountId, head: ListHead): HeadVerdict {
    const pin = this.#pins.find(accountId);
    if (pin === undefined || isBeyond(head, pin.head)) return 'fetchNeeded';
    const verified = this.#pins.findHash(accountId, head.epoch, head.number);
    // Lists from before this device met the account were never seen, so nothing can be said about them.
    if (verified === undefined || constantTimeEqual(verified, head.hash)) return 'ok';
    if (!pin.alarm) {
      this.#pins.setAlarm(accountId, true);
      this.#tell(accountId);
    }
    return 'alarm';
  }

  onLooked(listener: LookListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #fetch(accountId: AccountId): Promise<RefreshResult> {
    let gaveBack = false;
    try {
      const result = await this.#lists.advance(accountId);
      gaveBack = 'gaveBack' in result;
      return result;
    } finally {
      this.#underWay.delete(accountId);
      this.#tell(accountId, { gaveBack });
    }
  }

  #tell(accountId: AccountId, look: { readonly gaveBack: boolean } = { gaveBack: false }): void {
    for (const listener of this.#listeners) listener(accountId, look);
  }
}
