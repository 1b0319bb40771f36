import { createHmac } from 'node:crypto';
import { issueSignInChallenge, type ChallengeKey, type Secret } from '@sotto/crypto/server';
import type { AuthParameters, StretchCost } from '@sotto/protocol/wire';
import type { AccountRepository } from '../storage/account-repository.js';
import type { Clock } from './clock.js';
import { findByIdentifier, identifierKey } from './identifier.js';
import { done, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

/** What clients stretch new passwords with (RFC 9106 §4, second option), and so what an unknown name must seem to have. */
const NEW_ACCOUNT_COST: StretchCost = { memoryKiB: 65_536, iterations: 3, parallelism: 4 };
const SALT_LENGTH = 16;
const SALT_LABEL = 'sotto/unknown-name-salt/1';

export interface PasswordParametersParts {
  readonly accounts: AccountRepository;
  readonly limiter: RateLimiter;
  readonly challengeKey: ChallengeKey;
  readonly saltKey: Secret<'salt key'>;
  readonly clock: Clock;
}

/** Tells a client how to stretch a password before it signs in, without telling whether the name exists (SPEC §4.1). */
export class PasswordParameters {
  readonly #parts: PasswordParametersParts;

  constructor(parts: PasswordParametersParts) {
    this.#parts = parts;
  }

  async get(identifier: string, address: string): Promise<Outcome<AuthParameters>> {
    const { accounts, limiter, challengeKey, clock } = this.#parts;
    const limit = await limiter.take('authParameters', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const account = await findByIdentifier(accounts, identifier);
    // Made for known names too: the time must not tell.
    const seeming = { salt: this.#saltOf(identifier), cost: NEW_ACCOUNT_COST };
    const { salt, cost } = account?.authentication ?? seeming;
    return done({ salt, cost, challenge: issueSignInChallenge(challengeKey, clock()) });
  }

  /** The same name always gets the same salt, as an account would have. */
  #saltOf(identifier: string): Uint8Array<ArrayBuffer> {
    const mac = createHmac('sha256', this.#parts.saltKey.unwrap());
    return new Uint8Array(mac.update(SALT_LABEL).update(identifierKey(identifier)).digest().subarray(0, SALT_LENGTH));
  }
}
