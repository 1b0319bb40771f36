import type { Username } from '@sotto/protocol/ids';
import type { FoundAccount } from '@sotto/protocol/wire';
import type { AccountRepository } from '../storage/account-repository.js';
import type { DeviceCaller } from './access-tokens.js';
import { done, refuse, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

const NOBODY = refuse('notFound', 'Nobody has this username.');

/** Finds people by the whole of their username: there is no searching, and a bound on asking. */
export class Directory {
  readonly #accounts: AccountRepository;
  readonly #limiter: RateLimiter;

  constructor(accounts: AccountRepository, limiter: RateLimiter) {
    this.#accounts = accounts;
    this.#limiter = limiter;
  }

  async find(username: Username, caller: DeviceCaller): Promise<Outcome<FoundAccount>> {
    const limit = await this.#limiter.take('lookUp', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const account = await this.#accounts.findByUsername(username);
    return account === undefined ? NOBODY : done({ accountId: account.accountId, username: account.username });
  }
}
