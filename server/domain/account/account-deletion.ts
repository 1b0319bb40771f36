import {
  DeviceSigningPublicKey,
  Ed25519Signature,
  SignInChallenge,
  verifyDeletionProof,
  verifySignInChallenge,
  type ChallengeKey,
} from '@sotto/crypto/server';
import type { DeleteAccountRequest } from '@sotto/protocol/wire';
import type { z } from 'zod';
import { parseBlobName, type BlobStore } from '../../blobs/blob-store.js';
import type { Log } from '../../log.js';
import type { Notifier } from '../../notifier/notifier.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { done, refuse, type Nothing, type Outcome } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { StepUp } from '../step-up.js';

const NOT_LISTED = refuse('deviceNotListed', 'This device is not on the device list of its account.');
const BAD_CHALLENGE = refuse('badRequest', 'The challenge is not a fresh one of this server. Ask for another one.');
const BAD_PROOF = refuse('invalidSignature', 'The signature of the device does not cover this deletion.');

export interface AccountDeletionParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'archives' | 'devices'>;
  readonly blobs: BlobStore;
  readonly stepUp: StepUp;
  readonly challengeKey: ChallengeKey;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly log: Log;
}

/** The end of an account, asked for by a device of its and a recent password. Nothing of it stays but what others have received. */
export class AccountDeletion {
  readonly #parts: AccountDeletionParts;

  constructor(parts: AccountDeletionParts) {
    this.#parts = parts;
  }

  async delete(caller: DeviceCaller, request: z.output<typeof DeleteAccountRequest>): Promise<Outcome<Nothing>> {
    const { storage, stepUp, challengeKey, limiter, clock } = this.#parts;
    const limit = await limiter.take('ownAccount', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = await stepUp.check(caller, request.stepUpToken);
    if (refusal !== undefined) return refusal;
    const device = await storage.devices.find(caller);
    if (device === undefined) return NOT_LISTED;
    const challenge = SignInChallenge.of(request.challenge);
    if (verifySignInChallenge(challengeKey, challenge, clock()) !== 'fresh') return BAD_CHALLENGE;
    const proof = { accountId: caller.accountId, deviceId: caller.deviceId, challenge };
    const signature = Ed25519Signature.of(request.signature);
    if (!verifyDeletionProof(DeviceSigningPublicKey.of(device.signingKey), proof, signature)) return BAD_PROOF;
    await deleteAccount(this.#parts, caller);
    return done({});
  }
}

/** For its owner, and for the host. False: there is no such account. */
export const deleteAccount = async (
  { storage, blobs, notifier, log }: Pick<AccountDeletionParts, 'storage' | 'blobs' | 'notifier' | 'log'>,
  { accountId }: Pick<DeviceCaller, 'accountId'>,
): Promise<boolean> => {
  const removed = await storage.transactions.run(async () => {
    if (!(await storage.accounts.lock(accountId))) return undefined;
    const devices = await storage.devices.list(accountId);
    const blobNames = await storage.archives.removeAll(accountId);
    await storage.accounts.remove(accountId);
    return { devices, blobNames };
  });
  if (removed === undefined) return false;
  for (const { deviceId } of removed.devices) notifier.ended(deviceId);
  // What a killed process leaves of these the sweep of orphans finds.
  for (const name of removed.blobNames.map(parseBlobName)) if (name !== undefined) await blobs.remove(name);
  log.info('account.deleted');
  return true;
};
