import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Storage } from '../../storage/storage.js';
import { laterBy } from '../clock.js';
import type { Refusal } from '../outcome.js';
import { limited } from '../rate-limit.js';
import { TOO_MANY_DEVICES, UNDER_WAY } from './link-refusals.js';

/** How many links one account may begin in which time (SPEC §11.8). */
const QUOTAS = [
  { most: 5, withinMs: 10 * 60_000 },
  { most: 20, withinMs: 24 * 3_600_000 },
] as const;

/** A session is kept so long at least, that it can be counted. */
export const LONGEST_QUOTA_MS = 24 * 3_600_000;

export interface LinkQuotaParts {
  readonly storage: Pick<Storage, 'devices' | 'linkSessions'>;
  readonly maxDevices: number;
  /** Multiplies every quota, as it does every rate limit. */
  readonly limitFactor: number;
}

/** Whether an account may begin one more link: counted in the database, so that it holds for all processes and after a restart. */
export class LinkQuota {
  readonly #parts: LinkQuotaParts;

  constructor(parts: LinkQuotaParts) {
    this.#parts = parts;
  }

  /** Inside a transaction that has locked the account. */
  async check(
    accountId: AccountId,
    now: UnixMs,
    { isRenewal }: { readonly isRenewal: boolean },
  ): Promise<Refusal | undefined> {
    const { storage, maxDevices } = this.#parts;
    if ((await storage.devices.list(accountId)).length >= maxDevices) return TOO_MANY_DEVICES;
    if ((await storage.linkSessions.findLive(accountId, now)) !== undefined) return UNDER_WAY;
    return isRenewal ? undefined : this.#count(accountId, now);
  }

  async #count(accountId: AccountId, now: UnixMs): Promise<Refusal | undefined> {
    const { storage, limitFactor } = this.#parts;
    for (const { most, withinMs } of QUOTAS) {
      const { count, first } = await storage.linkSessions.begunSince(accountId, laterBy(now, -withinMs));
      if (count >= most * limitFactor && first !== undefined) return limited(first + withinMs - now);
    }
    return undefined;
  }
}
