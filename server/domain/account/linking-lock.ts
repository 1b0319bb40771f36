import type { AccountId } from '@sotto/protocol/ids';
import type { AccountRepository } from '../../storage/account-repository.js';
import type { DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { done, refuse, type Nothing, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { RestoreHold } from '../restore-hold.js';
import { DISABLED } from '../sign-in.js';
import type { StepUp } from '../step-up.js';

const LOCKED = refuse(
  'linkingLocked',
  'The owner of the account has locked linking. Lift the lock with the password on a device of the account first.',
);

export interface LinkingLockParts {
  readonly accounts: AccountRepository;
  readonly restoreHold: RestoreHold;
  readonly stepUp: StepUp;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/**
 * Keeps devices from being added to an account, whoever is tricked into approving one. Closing it is free; opening it takes the
 * password, and the second factor where one is on. The recovery key is beyond it: it is for those who have nothing else.
 */
export class LinkingLock {
  readonly #parts: LinkingLockParts;

  constructor(parts: LinkingLockParts) {
    this.#parts = parts;
  }

  async set(
    caller: DeviceCaller,
    { locked, stepUpToken }: { readonly locked: boolean; readonly stepUpToken?: string | undefined },
  ): Promise<Outcome<Nothing>> {
    const { accounts, stepUp, limiter, clock } = this.#parts;
    const limit = await limiter.take('ownAccount', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = locked ? undefined : await stepUp.check(caller, stepUpToken);
    if (refusal !== undefined) return refusal;
    await accounts.setLinkingLocked(caller.accountId, locked ? clock() : undefined);
    return done({});
  }

  /** A refusal while no device may be added: the owner, the host or a restore of the server stands against it. */
  async check(accountId: AccountId): Promise<Refusal | undefined> {
    const account = await this.#parts.accounts.find(accountId);
    if (account?.disabledAt !== undefined) return DISABLED;
    return account?.linkingLockedAt === undefined ? this.#parts.restoreHold.check() : LOCKED;
  }
}
