import { verifyRecoveryBlob, type RecoveryBlobRefusal, type VerifiedHead } from '@sotto/crypto/server';
import type { PutRecoveryBlobRequest, SignedRecoveryBlob } from '@sotto/protocol/wire';
import type { BlobAccess, RecoveryRepository, SealedKeys } from '../../storage/recovery-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { presentHead } from '../list-head.js';
import { done, refuse, type Nothing, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';

const CONFLICT = refuse(
  'recoveryBlobConflict',
  'The blob was sealed at another list than the present one, or knows less of the storage record than the stored one. Fetch and seal again.',
);
const ACCESS = refuse(
  'invalidRecovery',
  'The first blob of a root brings its access, and a later one may bring no other.',
);

const blobRefusal = (reason: RecoveryBlobRefusal): Refusal => {
  switch (reason) {
    case 'otherPlace':
      return CONFLICT;
    case 'badSignature':
      return refuse('invalidSignature', 'The recovery blob is not signed by the device that it names.');
    case 'malformed':
    case 'newerVersion':
    case 'foreignAccount':
    case 'foreignRoot':
    case 'signerNotListed':
      return refuse('invalidRecovery', `The recovery blob breaks a rule (${reason}).`);
  }
};

/** A blob as it is stored, if it was sealed at `head` by a device that `head` names. */
export const verifiedBlob = (head: VerifiedHead, blob: SignedRecoveryBlob): Outcome<SealedKeys> => {
  const verdict = verifyRecoveryBlob(head, blob);
  if (verdict.outcome === 'refused') return blobRefusal(verdict.reason);
  const { bytes, frame } = verdict;
  return done({ bytes, signature: blob.signature, storageRecordVersion: frame.storageRecordVersion });
};

export interface RecoveryBlobsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'recoveries' | 'roots'>;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** Keeps what a recovery key opens: the keys of the account, sealed again whenever they or the devices change (SPEC §14.2). */
export class RecoveryBlobs {
  readonly #parts: RecoveryBlobsParts;

  constructor(parts: RecoveryBlobsParts) {
    this.#parts = parts;
  }

  async put(caller: DeviceCaller, { access, blob }: PutRecoveryBlobRequest): Promise<Outcome<Nothing>> {
    const { storage, limiter, clock } = this.#parts;
    const limit = await limiter.take('recoveryBlob', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const now = clock();
    return storage.transactions.run<Outcome<Nothing>>(async (abandon) => {
      // From here on no other list can become the head that the blob is compared with.
      await storage.accounts.lock(caller.accountId);
      const keys = verifiedBlob((await presentHead(storage, caller.accountId)).head, blob);
      if (keys.type === 'refused') return abandon(keys);
      const present = await storage.recoveries.findBlob(caller.accountId);
      if ((present?.storageRecordVersion ?? 0) > keys.value.storageRecordVersion) return abandon(CONFLICT);
      const refusal = await putBlob(storage.recoveries, caller, keys.value, { access, newRoot: false, now });
      return refusal === undefined ? done({}) : abandon(refusal);
    });
  }
}

/** In a transaction of the caller's. */
export const putBlob = async (
  recoveries: RecoveryRepository,
  { accountId }: Pick<DeviceCaller, 'accountId'>,
  keys: SealedKeys,
  { access, ...as }: { readonly access: BlobAccess | undefined } & Parameters<RecoveryRepository['putBlob']>[3],
): Promise<Refusal | undefined> => {
  const put = await recoveries.putBlob(accountId, keys, access, as);
  return put.type === 'stored' ? undefined : ACCESS;
};
