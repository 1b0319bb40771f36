import { LIFETIMES } from '@sotto/protocol/wire';
import type { AccountId } from '@sotto/protocol/ids';
import { confirmationMail } from '../../mail/mail-texts.js';
import type { Mailer } from '../../mail/mail.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import { laterBy, type Clock } from '../clock.js';
import { done, refuse, type Nothing, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { StepUp } from '../step-up.js';
import { newShortCode, shortCodeHash } from './short-code.js';

const EMAIL_TAKEN = refuse('emailTaken', 'Another account has this email address.');
export const MAIL_CODE_UNKNOWN = refuse(
  'mailCodeUnknown',
  'This code was used, replaced by a later one, has expired, or was never sent. Ask for another one.',
);

export interface EmailsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'emailTokens'>;
  /** Absent: the host sends no mail, and addresses are taken as they are given. */
  readonly mailer: Mailer | undefined;
  /** How people know this server, for the text of a mail. */
  readonly host: string;
  readonly stepUp: StepUp;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/**
 * The address of an account. Where the host sends mail, an address becomes an account's only once somebody who reads it has said so:
 * nobody can take another person's address, nor learn by trying which ones have accounts.
 */
export class Emails {
  readonly #parts: EmailsParts;

  constructor(parts: EmailsParts) {
    this.#parts = parts;
  }

  async change(
    caller: DeviceCaller,
    { email, stepUpToken }: { readonly email?: string | undefined; readonly stepUpToken: string },
  ): Promise<Outcome<{ confirmationSent: boolean }>> {
    const { storage, mailer, stepUp, limiter } = this.#parts;
    const limit = await limiter.take('ownAccount', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = await stepUp.check(caller, stepUpToken);
    if (refusal !== undefined) return refusal;
    if (email === undefined || mailer === undefined) {
      await storage.emailTokens.endAll(caller.accountId);
      const replaced = await storage.accounts.replaceEmail(caller.accountId, email, undefined);
      return replaced === 'emailTaken' ? EMAIL_TAKEN : done({ confirmationSent: false });
    }
    return (await this.sendConfirmation(caller.accountId, email)) ?? done({ confirmationSent: true });
  }

  /** Sends a code to an address that an account wants. Without mail nothing is sent. */
  async sendConfirmation(accountId: AccountId, email: string): Promise<Refusal | undefined> {
    const { storage, mailer, host, limiter, clock } = this.#parts;
    if (mailer === undefined) return undefined;
    // By account and by address: neither one account nor many can fill a stranger's mailbox.
    for (const key of [`account ${accountId}`, `address ${email.toLowerCase()}`]) {
      const limit = await limiter.take('mail', key);
      if (limit.type === 'limited') return limited(limit.retryAfterMs);
    }
    const code = newShortCode();
    const tokenHash = shortCodeHash('confirm', code);
    if (tokenHash === undefined) throw new Error('A new code is not one.');
    const createdAt = clock();
    const expiresAt = laterBy(createdAt, LIFETIMES.emailConfirmationMs);
    await storage.emailTokens.replace({ tokenHash, accountId, purpose: 'confirm', email, createdAt, expiresAt });
    mailer.post(confirmationMail(email, host, code));
    return undefined;
  }

  /** Whoever has the code reads the address; no more is asked. */
  async confirm(code: string, address: string): Promise<Outcome<Nothing>> {
    const { storage, limiter, clock } = this.#parts;
    const limit = await limiter.take('mailCode', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const tokenHash = shortCodeHash('confirm', code);
    if (tokenHash === undefined) return MAIL_CODE_UNKNOWN;
    const now = clock();
    const refusal = await storage.transactions.run<Refusal | undefined>(async (abandon) => {
      const token = await storage.emailTokens.find(tokenHash, 'confirm', now);
      if (token === undefined || !(await storage.emailTokens.use(tokenHash, 'confirm', now))) return MAIL_CODE_UNKNOWN;
      const holder = await storage.accounts.findByEmail(token.email);
      if (holder !== undefined && holder.accountId !== token.accountId) return abandon(EMAIL_TAKEN);
      const replaced = await storage.accounts.replaceEmail(token.accountId, token.email, now);
      // Somebody else has confirmed the same address since the look above.
      return replaced === 'emailTaken' ? abandon(EMAIL_TAKEN) : undefined;
    });
    return refusal ?? done({});
  }
}
