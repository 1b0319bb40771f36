import { LIFETIMES, type ReplaceAccessKeyRequest } from '@sotto/protocol/wire';
import type { AccountRepository } from '../storage/account-repository.js';
import type { DeviceCaller } from './access-tokens.js';
import { laterBy, type Clock } from './clock.js';
import { done, type Nothing, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

export interface AccessKeysParts {
  readonly accounts: AccountRepository;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** Changes what contacts have to show to send without saying who they are (SPEC §4.5). */
export class AccessKeys {
  readonly #parts: AccessKeysParts;

  constructor(parts: AccessKeysParts) {
    this.#parts = parts;
  }

  async replace(caller: DeviceCaller, { verifier, grace }: ReplaceAccessKeyRequest): Promise<Outcome<Nothing>> {
    const { accounts, limiter, clock } = this.#parts;
    const limit = await limiter.take('replaceAccessKey', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    // A blocked person must be shut out now; after an unlink contacts need time to hear of the new key.
    const keepUntil = grace ? laterBy(clock(), LIFETIMES.previousAccessKeyMs) : undefined;
    await accounts.replaceAccessVerifier(caller.accountId, verifier, keepUntil);
    return done({});
  }
}
