import { constantTimeEqual, SignInChallenge, verifySignInChallenge, type ChallengeKey } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import {
  LIFETIMES,
  LIMITS,
  type Bytes,
  type DeviceListEntry,
  type RecoveryAnswer,
  type RecoveryRequest,
} from '@sotto/protocol/wire';
import type { Notifier } from '../../notifier/notifier.js';
import type { Account } from '../../storage/account-repository.js';
import type { HeldRecovery } from '../../storage/recovery-repository.js';
import type { Storage } from '../../storage/storage.js';
import { laterBy, type Clock } from '../clock.js';
import { SERVER_BUSY } from '../fault.js';
import { presentHead, type PresentHead } from '../list-head.js';
import { done, refuse, type Outcome } from '../outcome.js';
import type { PasswordHash } from '../password-hash.js';
import { DISABLED } from '../sign-in.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { TokenGrants } from '../token-grants.js';
import { isAnotherInUse } from './device-activity.js';
import type { PasswordProofs } from './password-proofs.js';
import { VETOED, type RecoveryCommit } from './recovery-commit.js';
import {
  BAD_SIGNATURE,
  verifyRecovery,
  verifySignedRecovery,
  type SignedRecovery,
  type VerifiedRecovery,
} from './recovery-verification.js';

const BAD_CHALLENGE = refuse(
  'badRequest',
  'The challenge is not a fresh one of this server. Fetch the blob again and sign anew.',
);
const TOO_MANY = refuse(
  'rateLimited',
  'As many recoveries of this account wait as may. Finish one of them.',
  3_600_000,
);

export interface RecoveriesParts {
  readonly storage: Pick<Storage, 'accounts' | 'devices' | 'deviceLists' | 'recoveries' | 'roots' | 'refreshTokens'>;
  readonly commit: RecoveryCommit;
  readonly passwordProofs: PasswordProofs;
  readonly passwordHash: PasswordHash;
  readonly grants: TokenGrants;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly challengeKey: ChallengeKey;
  readonly clock: Clock;
  readonly maxDevices: number;
}

interface Asked extends SignedRecovery {
  readonly account: Account;
  readonly request: RecoveryRequest;
  readonly present: PresentHead;
  readonly now: UnixMs;
}

/** Lets the holder of a recovery key come back: at once, or after a day in which a device that is in use may say no (SPEC §14.4). */
export class Recoveries {
  readonly #parts: RecoveriesParts;

  constructor(parts: RecoveriesParts) {
    this.#parts = parts;
  }

  async request(request: RecoveryRequest, address: string): Promise<Outcome<RecoveryAnswer>> {
    const { storage, limiter, clock } = this.#parts;
    const limit = await limiter.take('recoveryRequest', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const account = await storage.accounts.find(request.accountId);
    if (account === undefined) return BAD_SIGNATURE;
    const signed = verifySignedRecovery(account, request);
    if (signed.type === 'refused') return signed;
    if (account.disabledAt !== undefined) return DISABLED;
    const present = await presentHead(storage, account.accountId);
    const asked = { ...signed.value, account, request, present, now: clock() };
    return (await this.#answerRepeat(asked)) ?? this.#decide(asked, address);
  }

  /** The recovery that made the present head, asked for again because the answer was lost. */
  async #answerRepeat({ account, claim, present }: Asked): Promise<Outcome<RecoveryAnswer> | undefined> {
    const { storage, clock } = this.#parts;
    if (!constantTimeEqual<Bytes>(present.step.hash, claim.listHash)) return undefined;
    const [device] = present.head.devices;
    if (device === undefined) return undefined;
    const isLive = await storage.refreshTokens.isLive(device, clock());
    const { receivedAt, receiptSignature } = present.step;
    return isLive ? this.#grant(account, device, { time: receivedAt, signature: receiptSignature }) : undefined;
  }

  async #decide(asked: Asked, address: string): Promise<Outcome<RecoveryAnswer>> {
    const { storage, passwordProofs, maxDevices } = this.#parts;
    const { account, request, present, requestHash, now } = asked;
    const verified = verifyRecovery(present.head, request, { mostDevices: maxDevices, acceptedAt: now });
    if (verified.type === 'refused') return verified;
    const refusal = request.password && (await passwordProofs.check(account, request.password, address));
    if (refusal !== undefined) return refusal;
    const held = await storage.recoveries.findHeld(account.accountId, requestHash, now);
    if (held !== undefined) return this.#afterHold(held, asked, verified.value);
    // Held ones have been fresh before; a hold is longer than a challenge lives.
    if (!this.#isFresh(request, now)) return BAD_CHALLENGE;
    const devices = await storage.devices.list(account.accountId);
    return isAnotherInUse(devices, verified.value.device.deviceId, now)
      ? this.#hold(asked)
      : this.#commit(asked, verified.value);
  }

  #isFresh({ challenge }: RecoveryRequest, now: UnixMs): boolean {
    return verifySignInChallenge(this.#parts.challengeKey, SignInChallenge.of(challenge), now) === 'fresh';
  }

  async #afterHold(held: HeldRecovery, asked: Asked, verified: VerifiedRecovery): Promise<Outcome<RecoveryAnswer>> {
    if (held.vetoedAt !== undefined) return VETOED;
    if (asked.now < held.heldUntil) return done({ type: 'held', until: held.heldUntil, serverTime: asked.now });
    return this.#commit(asked, verified);
  }

  async #hold({ account, request, present, requestHash, claim, now }: Asked): Promise<Outcome<RecoveryAnswer>> {
    const { storage, notifier } = this.#parts;
    const until = laterBy(now, LIFETIMES.recoveryHoldMs);
    const recovery = {
      accountId: account.accountId,
      requestHash,
      claim,
      signature: request.signature,
      requestedAt: now,
      heldUntil: until,
      expiresAt: laterBy(until, LIFETIMES.recoveryFinishMs),
    };
    if ((await storage.recoveries.hold(recovery, LIMITS.pendingRecoveries)) === 'tooMany') return TOO_MANY;
    notifier.noticed(
      present.head.devices.map(({ deviceId }) => deviceId),
      'recovery',
    );
    return done({ type: 'held', until, serverTime: now });
  }

  async #commit(asked: Asked, verified: VerifiedRecovery): Promise<Outcome<RecoveryAnswer>> {
    const { passwordHash, commit } = this.#parts;
    const hashed = await passwordHash.hash(asked.request.authentication.secret);
    if (hashed.type === 'busy') return SERVER_BUSY;
    const receipt = await commit.commit({ ...asked, ...verified, verifier: hashed.verifier });
    return receipt.type === 'refused' ? receipt : this.#grant(asked.account, verified.device, receipt.value);
  }

  async #grant(
    { accountId, username }: Account,
    { deviceId }: Pick<VerifiedRecovery['device'], 'deviceId'>,
    receipt: DeviceListEntry['receipt'],
  ): Promise<Outcome<RecoveryAnswer>> {
    const grant = await this.#parts.grants.grant({ scope: 'device', accountId, deviceId }, username);
    return done({ type: 'done', grant, receipt });
  }
}
