import { constantTimeEqual } from '@sotto/crypto/server';
import type { Bytes } from '@sotto/protocol/wire';
import type { Account, Authentication } from '../../storage/account-repository.js';
import type { RecoveryRepository } from '../../storage/recovery-repository.js';
import { Attempt } from '../attempt.js';
import type { Clock } from '../clock.js';
import { SERVER_BUSY } from '../fault.js';
import { refuse, type Refusal } from '../outcome.js';
import type { PasswordHash } from '../password-hash.js';
import type { RateLimiter } from '../rate-limit.js';

const WRONG = refuse('wrongCredentials', 'The password is wrong.');

/** Says which password is meant by the salt that it was stretched with. */
export interface PasswordProof {
  readonly salt: Bytes;
  readonly secret: Bytes;
}

export interface PasswordProofsParts {
  readonly recoveries: RecoveryRepository;
  readonly passwordHash: PasswordHash;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** Passwords that prove a recovery: the present one, and those that were replaced within the last 30 days. */
export class PasswordProofs {
  readonly #parts: PasswordProofsParts;

  constructor(parts: PasswordProofsParts) {
    this.#parts = parts;
  }

  /** The present one first. */
  async of(account: Account): Promise<readonly Authentication[]> {
    const { recoveries, clock } = this.#parts;
    return [account.authentication, ...(await recoveries.earlierPasswords(account.accountId, clock()))];
  }

  /** A refusal unless the proof is right. Guesses are counted like those at sign-in. */
  async check(account: Account, proof: PasswordProof, address: string): Promise<Refusal | undefined> {
    const { passwordHash, limiter } = this.#parts;
    const attempt = new Attempt(limiter, [
      ['signInFailureOfAddress', address],
      ['recoveryPasswordFailure', `${address} ${account.accountId}`],
    ]);
    const limit = await attempt.begin();
    if (limit !== undefined) return limit;
    const meant = (await this.of(account)).find(({ salt }) => constantTimeEqual<Bytes>(salt, proof.salt));
    const verdict = await passwordHash.verify(meant?.verifier, proof.secret);
    if (verdict.type === 'differs') return WRONG;
    // Only guesses count, not a server that is busy.
    await attempt.forget();
    return verdict.type === 'busy' ? SERVER_BUSY : undefined;
  }
}
