import type { KeyObject } from 'node:crypto';
import { LIFETIMES, type StepUp as StepUpAnswer, type StepUpRequest as StepUpBody } from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { AccountRepository } from '../storage/account-repository.js';
import type { DeviceCaller } from './access-tokens.js';
import type { SecondFactors } from './account/second-factors.js';
import { Attempt } from './attempt.js';
import type { Clock } from './clock.js';
import { SERVER_BUSY } from './fault.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import type { PasswordHash } from './password-hash.js';
import type { RateLimiter } from './rate-limit.js';
import { SignedJwt } from './signed-jwt.js';

const WRONG = refuse('wrongCredentials', 'The password is wrong.');
const REQUIRED = refuse(
  'stepUpRequired',
  'The password has to be entered anew: ask for a step-up token of this device.',
);

const KIND = {
  type: 'su+jwt',
  audience: 'sotto-step-up',
  lifetimeMs: LIFETIMES.stepUpMs,
  claims: ['device'],
};

type StepUpRequest = z.output<typeof StepUpBody>;

export interface StepUpParts {
  readonly accounts: AccountRepository;
  readonly passwordHash: PasswordHash;
  readonly secondFactors: SecondFactors;
  readonly limiter: RateLimiter;
  readonly signingKey: KeyObject;
  readonly clock: Clock;
}

/**
 * Proof that the person at a device knew the password a short while ago. What a device that was stolen unlocked must not do
 * (link another, remove others, sign them out) asks for it.
 */
export class StepUp {
  readonly #parts: StepUpParts;
  readonly #jwt: SignedJwt;

  constructor(parts: StepUpParts) {
    this.#parts = parts;
    this.#jwt = new SignedJwt(parts.signingKey, parts.clock, KIND);
  }

  /** With the second factor as well, where one is on. */
  async prove(
    caller: DeviceCaller,
    { secret, secondFactor }: StepUpRequest,
    address: string,
  ): Promise<Outcome<StepUpAnswer>> {
    const { accounts, passwordHash, secondFactors, limiter, clock } = this.#parts;
    const attempt = new Attempt(limiter, [
      ['signInFailureOfAddress', address],
      ['stepUpFailure', caller.deviceId],
    ]);
    const limit = await attempt.begin();
    if (limit !== undefined) return limit;
    const account = await accounts.find(caller.accountId);
    const verdict = await passwordHash.verify(account?.authentication.verifier, secret);
    if (verdict.type === 'differs') return WRONG;
    // Only guesses count, not a server that is busy.
    await attempt.forget();
    if (verdict.type === 'busy') return SERVER_BUSY;
    const unproven = await secondFactors.check(caller.accountId, secondFactor);
    if (unproven !== undefined) return unproven;
    const stepUpToken = await this.#jwt.issue(caller.accountId, { device: caller.deviceId });
    return done({ stepUpToken, lifetimeMs: LIFETIMES.stepUpMs, serverTime: clock() });
  }

  /** A refusal unless `token` is a fresh one of the calling device. */
  async check(caller: DeviceCaller, token: string | undefined): Promise<Refusal | undefined> {
    if (token === undefined) return REQUIRED;
    const verdict = await this.#jwt.verify(token);
    if (verdict.type !== 'valid') return REQUIRED;
    const { sub, device } = verdict.payload;
    return sub === caller.accountId && device === caller.deviceId ? undefined : REQUIRED;
  }
}
