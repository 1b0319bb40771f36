import type { AccountExport, OwnAccount as OwnAccountAnswer } from '@sotto/protocol/wire';
import type { AccountId } from '@sotto/protocol/ids';
import type { Storage } from '../../storage/storage.js';
import type { Caller, DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { done, refuse, type Outcome } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { StepUp } from '../step-up.js';

const GONE = refuse('unauthorized', 'There is no such account any more.');

export interface OwnAccountParts {
  readonly storage: Pick<
    Storage,
    | 'accounts'
    | 'archives'
    | 'deviceLists'
    | 'devices'
    | 'emailTokens'
    | 'mailbox'
    | 'preKeys'
    | 'refreshTokens'
    | 'secondFactors'
    | 'storageRecords'
  >;
  readonly stepUp: StepUp;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly sendsMail: boolean;
}

/** What the server knows of a person, told to that person. */
export class OwnAccount {
  readonly #parts: OwnAccountParts;

  constructor(parts: OwnAccountParts) {
    this.#parts = parts;
  }

  async show(caller: Caller): Promise<Outcome<OwnAccountAnswer>> {
    const limit = await this.#parts.limiter.take('ownAccount', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const account = await this.#describe(caller.accountId);
    return account === undefined ? GONE : done(account);
  }

  async export(caller: DeviceCaller, stepUpToken: string): Promise<Outcome<AccountExport>> {
    const { storage, stepUp, limiter, clock } = this.#parts;
    const { accountId } = caller;
    const limit = await limiter.take('ownAccount', accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = await stepUp.check(caller, stepUpToken);
    if (refusal !== undefined) return refusal;
    const account = await this.#describe(accountId);
    if (account === undefined) return GONE;
    const record = await storage.storageRecords.find(accountId);
    return done({
      account,
      devices: await this.#devicesOf(accountId),
      deviceLists: await storage.deviceLists.count(accountId),
      ...(record === undefined ? {} : { storageRecord: record }),
      archiveBytes: await storage.archives.usedBytes(accountId),
      exportedAt: clock(),
    });
  }

  async #describe(accountId: AccountId): Promise<OwnAccountAnswer | undefined> {
    const { storage, clock, sendsMail } = this.#parts;
    const account = await storage.accounts.find(accountId);
    if (account === undefined) return undefined;
    const { username, email, emailConfirmedAt, createdAt, linkingLockedAt } = account;
    const pendingEmail = await storage.emailTokens.pendingEmail(accountId, clock());
    const factor = await storage.secondFactors.find(accountId);
    return {
      username,
      ...(email === undefined ? {} : { email }),
      ...(emailConfirmedAt === undefined ? {} : { emailConfirmedAt }),
      ...(pendingEmail === undefined ? {} : { pendingEmail }),
      createdAt,
      secondFactor: factor?.isConfirmed === true,
      backupCodes: await storage.secondFactors.countBackupCodes(accountId),
      linkingLocked: linkingLockedAt !== undefined,
      mail: sendsMail,
    };
  }

  async #devicesOf(accountId: AccountId): Promise<AccountExport['devices']> {
    const { storage, clock } = this.#parts;
    const devices: AccountExport['devices'] = [];
    for (const device of await storage.devices.list(accountId)) {
      const { deviceId, linkedAt, lastSeenAt, registrationId } = device;
      devices.push({
        deviceId,
        linkedAt,
        ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
        signedIn: await storage.refreshTokens.isLive(device, clock()),
        registrationId,
        envelopesWaiting: await storage.mailbox.count(device),
        oneTimePreKeys: (await storage.preKeys.counts(device)).oneTimePreKeys,
      });
    }
    return devices;
  }
}
