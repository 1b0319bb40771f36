import type { ChangePasswordRequest } from '@sotto/protocol/wire';
import type { z } from 'zod';
import { passwordChangedMail } from '../../mail/mail-texts.js';
import type { Mailer } from '../../mail/mail.js';
import type { Notifier } from '../../notifier/notifier.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { SERVER_BUSY } from '../fault.js';
import { done, refuse, type Nothing, type Outcome } from '../outcome.js';
import type { PasswordHash } from '../password-hash.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { StepUp } from '../step-up.js';
import { keepAndReplacePassword } from './password-resets.js';

const GONE = refuse('unauthorized', 'There is no such account any more.');

export interface PasswordChangesParts {
  readonly storage: Pick<
    Storage,
    'transactions' | 'accounts' | 'devices' | 'refreshTokens' | 'emailTokens' | 'recoveries'
  >;
  readonly mailer: Mailer | undefined;
  readonly host: string;
  readonly stepUp: StepUp;
  readonly passwordHash: PasswordHash;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** Another password for somebody who has just shown the present one. All other devices are signed out. */
export class PasswordChanges {
  readonly #parts: PasswordChangesParts;

  constructor(parts: PasswordChangesParts) {
    this.#parts = parts;
  }

  async change(
    caller: DeviceCaller,
    { stepUpToken, authentication }: z.output<typeof ChangePasswordRequest>,
  ): Promise<Outcome<Nothing>> {
    const { storage, mailer, host, stepUp, passwordHash, notifier, limiter, clock } = this.#parts;
    const limit = await limiter.take('ownAccount', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = await stepUp.check(caller, stepUpToken);
    if (refusal !== undefined) return refusal;
    const hashed = await passwordHash.hash(authentication.secret);
    if (hashed.type === 'busy') return SERVER_BUSY;
    const changed = await storage.transactions.run(async () => {
      const account = await storage.accounts.find(caller.accountId);
      if (account === undefined) return undefined;
      await keepAndReplacePassword(storage, account, { ...authentication, verifier: hashed.verifier }, clock());
      // A code that was sent before would set a third password.
      await storage.emailTokens.endAll(caller.accountId);
      const devices = await storage.devices.list(caller.accountId);
      const others = devices.filter(({ deviceId }) => deviceId !== caller.deviceId);
      for (const device of others) await storage.refreshTokens.end(device);
      return { account, others };
    });
    if (changed === undefined) return GONE;
    for (const { deviceId } of changed.others) notifier.ended(deviceId);
    const { email, emailConfirmedAt } = changed.account;
    if (email !== undefined && emailConfirmedAt !== undefined) mailer?.post(passwordChangedMail(email, host));
    return done({});
  }
}
