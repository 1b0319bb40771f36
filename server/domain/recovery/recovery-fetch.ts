import {
  issueSignInChallenge,
  RecoveryFetchSecret,
  RecoveryFetchVerifier,
  verifyRecoveryFetch,
  type ChallengeKey,
} from '@sotto/crypto/server';
import { LIMITS, type RecoveryFetched, type RecoveryFetchRequest } from '@sotto/protocol/wire';
import type { Account } from '../../storage/account-repository.js';
import type { StoredBlob } from '../../storage/recovery-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { Clock } from '../clock.js';
import { done, refuse, type Outcome } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import { isAnotherInUse } from './device-activity.js';
import type { PasswordProofs } from './password-proofs.js';

const UNKNOWN = refuse('recoveryKeyUnknown', 'This recovery key opens no account here.');
/** What a secret for an unknown blob is compared with, so that it takes as long as for a known one. */
const NO_VERIFIER = RecoveryFetchVerifier.of(new Uint8Array(32));

export interface RecoveryFetchParts {
  readonly storage: Pick<Storage, 'accounts' | 'devices' | 'deviceLists' | 'recoveries'>;
  readonly passwordProofs: PasswordProofs;
  readonly limiter: RateLimiter;
  readonly challengeKey: ChallengeKey;
  readonly clock: Clock;
}

/** Hands a sealed blob, and what a request needs, to whoever shows the secret of a recovery key (SPEC §14.3). */
export class RecoveryFetch {
  readonly #parts: RecoveryFetchParts;

  constructor(parts: RecoveryFetchParts) {
    this.#parts = parts;
  }

  async fetch(request: RecoveryFetchRequest, address: string): Promise<Outcome<RecoveryFetched>> {
    const limit = await this.#parts.limiter.take('recoveryFetch', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const blob = await this.open(request);
    const account = blob && (await this.#parts.storage.accounts.find(blob.accountId));
    return blob === undefined || account === undefined ? UNKNOWN : this.#answer(blob, account);
  }

  /** The blob that belongs to this secret. One query and one comparison, whether there is such a blob or not. */
  async open({ blobId, fetchSecret }: RecoveryFetchRequest): Promise<StoredBlob | undefined> {
    const blob = await this.#parts.storage.recoveries.findBlobById(blobId);
    const kept = blob === undefined ? NO_VERIFIER : RecoveryFetchVerifier.of(blob.fetchSecretHash);
    const isRight = verifyRecoveryFetch(kept, RecoveryFetchSecret.of(fetchSecret));
    return isRight ? blob : undefined;
  }

  async #answer(blob: StoredBlob, account: Account): Promise<Outcome<RecoveryFetched>> {
    const { storage, passwordProofs, challengeKey, clock } = this.#parts;
    const now = clock();
    const head = await storage.deviceLists.head(account.accountId);
    if (head === undefined) throw new Error('An account has no device list.');
    const passwords = await passwordProofs.of(account);
    return done({
      accountId: account.accountId,
      username: account.username,
      accountIdentityKey: account.accountIdentityKey,
      recoveryPublicKey: account.recoveryPublicKey,
      blob: { bytes: blob.bytes, signature: blob.signature },
      head,
      challenge: issueSignInChallenge(challengeKey, now),
      passwords: passwords.slice(0, LIMITS.recoveryPasswords).map(({ salt, cost }) => ({ salt, cost })),
      wouldHold: isAnotherInUse(await storage.devices.list(account.accountId), undefined, now),
      serverTime: now,
    });
  }
}
