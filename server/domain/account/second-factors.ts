import { LIMITS, type BackupCodes, type ProposedSecondFactor } from '@sotto/protocol/wire';
import type { AccountId } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { AccountRepository } from '../../storage/account-repository.js';
import type { SecondFactor, SecondFactorRepository } from '../../storage/second-factor-repository.js';
import type { DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { done, refuse, type Nothing, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import { newShortCode, shortCodeHash } from './short-code.js';
import { newTotpSecret, totpEnrolment, totpStep } from './totp.js';

const REQUIRED = refuse(
  'secondFactorRequired',
  'This account has a second factor: send "secondFactor" as well, six digits of the authenticator or a backup code.',
);
const WRONG = refuse(
  'wrongSecondFactor',
  'This is not the present code of the authenticator, and no unused backup code.',
);
const IS_ON = refuse('secondFactorOn', 'A second factor is on. Switch it off before another one is set up.');
const IS_OFF = refuse('secondFactorOff', 'No second factor is set up.');

const SIX_DIGITS = /^\d{6}$/;

export interface SecondFactorsParts {
  readonly accounts: AccountRepository;
  readonly secondFactors: SecondFactorRepository;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** Whoever asks has shown the password at this device a short while ago. */
export interface StepUpCheck {
  check(caller: DeviceCaller, token: string | undefined): Promise<Refusal | undefined>;
}

/** Something that a person has, beside the password: an authenticator, or a code on paper in its place. */
export class SecondFactors {
  readonly #parts: SecondFactorsParts;

  constructor(parts: SecondFactorsParts) {
    this.#parts = parts;
  }

  /** Asked only once the password was right: what it says tells nothing to anybody else. */
  async check(accountId: AccountId, given: string | undefined): Promise<Refusal | undefined> {
    const factor = await this.#parts.secondFactors.find(accountId);
    if (factor?.isConfirmed !== true) return undefined;
    return given === undefined ? REQUIRED : this.#use(accountId, factor, given);
  }

  async isOn(accountId: AccountId): Promise<boolean> {
    return (await this.#parts.secondFactors.find(accountId))?.isConfirmed === true;
  }

  /** `stepUp` also asks for the present second factor, where there is one. */
  async propose(caller: DeviceCaller, stepUp: StepUpCheck, token: string): Promise<Outcome<ProposedSecondFactor>> {
    const { accounts, secondFactors, clock } = this.#parts;
    const refusal = (await this.#limit(caller)) ?? (await stepUp.check(caller, token));
    if (refusal !== undefined) return refusal;
    const secret = newTotpSecret();
    if (!(await secondFactors.propose(caller.accountId, secret, clock()))) return IS_ON;
    const account = await accounts.find(caller.accountId);
    return done(totpEnrolment(secret, account?.username ?? ''));
  }

  async confirm(caller: DeviceCaller, code: string): Promise<Outcome<BackupCodes>> {
    const { secondFactors, clock } = this.#parts;
    const limit = await this.#limit(caller);
    if (limit !== undefined) return limit;
    const factor = await secondFactors.find(caller.accountId);
    if (factor === undefined) return IS_OFF;
    if (factor.isConfirmed) return IS_ON;
    const refusal = await this.#use(caller.accountId, factor, code);
    if (refusal !== undefined) return refusal;
    const { backupCodes, hashes } = newBackupCodes();
    await secondFactors.confirm(caller.accountId, hashes, clock());
    return done({ backupCodes });
  }

  async renewBackupCodes(caller: DeviceCaller, stepUp: StepUpCheck, token: string): Promise<Outcome<BackupCodes>> {
    const refusal = (await this.#limit(caller)) ?? (await stepUp.check(caller, token));
    if (refusal !== undefined) return refusal;
    if (!(await this.isOn(caller.accountId))) return IS_OFF;
    const { backupCodes, hashes } = newBackupCodes();
    await this.#parts.secondFactors.replaceBackupCodes(caller.accountId, hashes);
    return done({ backupCodes });
  }

  async remove(caller: DeviceCaller, stepUp: StepUpCheck, token: string): Promise<Outcome<Nothing>> {
    const refusal = (await this.#limit(caller)) ?? (await stepUp.check(caller, token));
    if (refusal !== undefined) return refusal;
    return (await this.#parts.secondFactors.remove(caller.accountId)) ? done({}) : IS_OFF;
  }

  async #limit(caller: DeviceCaller): Promise<Refusal | undefined> {
    const limit = await this.#parts.limiter.take('ownAccount', caller.accountId);
    return limit.type === 'limited' ? limited(limit.retryAfterMs) : undefined;
  }

  /** Every code is good once: of the digits no time step that is not later than the last one used. */
  async #use(accountId: AccountId, factor: SecondFactor, typed: string): Promise<Refusal | undefined> {
    const { secondFactors, limiter, clock } = this.#parts;
    const limit = await limiter.take('secondFactor', accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const code = typed.replaceAll(/[\s-]/g, '');
    const isRight = SIX_DIGITS.test(code)
      ? await useDigits(secondFactors, accountId, totpStep(factor.secret, code, clock()))
      : factor.isConfirmed && (await useBackupCode(secondFactors, accountId, code));
    if (!isRight) return WRONG;
    await limiter.giveBack('secondFactor', accountId);
    return undefined;
  }
}

const useDigits = async (repository: SecondFactorRepository, accountId: AccountId, step: number | undefined) =>
  step !== undefined && (await repository.useStep(accountId, step));

const useBackupCode = async (repository: SecondFactorRepository, accountId: AccountId, code: string) => {
  const hash = shortCodeHash('backup', code);
  return hash !== undefined && (await repository.useBackupCode(accountId, hash));
};

const newBackupCodes = (): { readonly backupCodes: string[]; readonly hashes: Bytes[] } => {
  const backupCodes = Array.from({ length: LIMITS.backupCodes }, newShortCode);
  const hashes = backupCodes.flatMap((code) => shortCodeHash('backup', code) ?? []);
  return { backupCodes, hashes };
};
