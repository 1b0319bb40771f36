import { LIFETIMES, LIMITS } from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { ResetPasswordRequest } from '@sotto/protocol/wire';
import { passwordChangedMail, resetMail } from '../../mail/mail-texts.js';
import type { Mailer } from '../../mail/mail.js';
import type { Log } from '../../log.js';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Account, Authentication } from '../../storage/account-repository.js';
import type { Storage } from '../../storage/storage.js';
import { laterBy, type Clock } from '../clock.js';
import { SERVER_BUSY } from '../fault.js';
import { findByIdentifier } from '../identifier.js';
import { done, refuse, type Nothing, type Outcome } from '../outcome.js';
import type { PasswordHash } from '../password-hash.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import { MAIL_CODE_UNKNOWN } from './emails.js';
import { newShortCode, shortCodeHash } from './short-code.js';

const MAIL_OFF = refuse('mailOff', 'This server sends no mail. The recovery key sets a new password.');

export interface PasswordResetsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'emailTokens' | 'recoveries'>;
  readonly mailer: Mailer | undefined;
  readonly host: string;
  readonly passwordHash: PasswordHash;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A new password for whoever reads the confirmed address of an account. It replaces the server's side alone: no device is added or
 * signed out, link keys stay wrapped under the old password, and a second factor is asked for as before.
 */
export class PasswordResets {
  readonly #parts: PasswordResetsParts;

  constructor(parts: PasswordResetsParts) {
    this.#parts = parts;
  }

  /** The same answer in the same time whether there is such an account: what there is to do is done after it. */
  async request(identifier: string, address: string): Promise<Outcome<Nothing>> {
    const { mailer, limiter, log } = this.#parts;
    if (mailer === undefined) return MAIL_OFF;
    const limit = await limiter.take('mail', `address of caller ${address}`);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    this.#send(identifier, mailer).catch((error: unknown) => log.error('reset.failed', { error }));
    return done({});
  }

  async reset(
    { code, authentication }: z.output<typeof ResetPasswordRequest>,
    address: string,
  ): Promise<Outcome<Nothing>> {
    const { storage, mailer, host, passwordHash, limiter, clock } = this.#parts;
    if (mailer === undefined) return MAIL_OFF;
    const limit = await limiter.take('mailCode', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const tokenHash = shortCodeHash('reset', code);
    if (tokenHash === undefined) return MAIL_CODE_UNKNOWN;
    const now = clock();
    // Before the expensive hash; the transaction below decides.
    const token = await storage.emailTokens.find(tokenHash, 'reset', now);
    if (token === undefined) return MAIL_CODE_UNKNOWN;
    const hashed = await passwordHash.hash(authentication.secret);
    if (hashed.type === 'busy') return SERVER_BUSY;
    const isSet = await storage.transactions.run(async () => {
      const account = await storage.accounts.find(token.accountId);
      if (account === undefined || !(await storage.emailTokens.use(tokenHash, 'reset', now))) return false;
      await keepAndReplacePassword(this.#parts.storage, account, { ...authentication, verifier: hashed.verifier }, now);
      return true;
    });
    if (!isSet) return MAIL_CODE_UNKNOWN;
    mailer.post(passwordChangedMail(token.email, host));
    return done({});
  }

  async #send(identifier: string, mailer: Mailer): Promise<void> {
    const { storage, host, limiter, clock } = this.#parts;
    const account = await findByIdentifier(storage.accounts, identifier);
    const { accountId, email, emailConfirmedAt, disabledAt } = account ?? {};
    if (accountId === undefined || email === undefined) return;
    if (emailConfirmedAt === undefined || disabledAt !== undefined) return;
    if ((await limiter.take('mail', `account ${accountId}`)).type === 'limited') return;
    const code = newShortCode();
    const tokenHash = shortCodeHash('reset', code);
    if (tokenHash === undefined) throw new Error('A new code is not one.');
    const createdAt = clock();
    const expiresAt = laterBy(createdAt, LIFETIMES.passwordResetMs);
    await storage.emailTokens.replace({ tokenHash, accountId, purpose: 'reset', email, createdAt, expiresAt });
    mailer.post(resetMail(email, host, code));
  }
}

/** The present password stays good as a proof of recovery for 30 days (SPEC §12.4). */
export const keepAndReplacePassword = async (
  { accounts, recoveries }: Pick<Storage, 'accounts' | 'recoveries'>,
  { accountId, authentication }: Pick<Account, 'accountId' | 'authentication'>,
  { salt, cost, verifier }: Authentication,
  now: UnixMs,
): Promise<void> => {
  await accounts.lock(accountId);
  const validUntil = laterBy(now, LIFETIMES.replacedPasswordMs);
  await recoveries.keepPassword(accountId, { ...authentication, validUntil }, LIMITS.recoveryPasswords - 1);
  await accounts.replaceAuthentication(accountId, { salt, cost, verifier });
};
