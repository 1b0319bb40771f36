import {
  constantTimeEqual,
  DeviceListBytes,
  listHash,
  parseRootChange,
  RootChangeBytes,
  rootChangeHash,
  verifyNextList,
  type RootChange,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import {
  LIFETIMES,
  type Bytes,
  type CancelNewRootRequest,
  type NewRootAnswer,
  type NewRootRequest,
} from '@sotto/protocol/wire';
import type { Notifier } from '../../notifier/notifier.js';
import type { SealedKeys } from '../../storage/recovery-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import { laterBy, type Clock } from '../clock.js';
import { deviceListRefusal } from '../device-list-refusal.js';
import type { CommittedList, ListCommit } from '../list-commit.js';
import { presentHead, type PresentHead } from '../list-head.js';
import { done, refuse, type Nothing, type Outcome } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { PasswordProofs } from './password-proofs.js';
import { putBlob, verifiedBlob } from './recovery-blobs.js';
import { VETOED } from './recovery-commit.js';
import type { RecoveryFetch } from './recovery-fetch.js';

const ANOTHER_WAITS = refuse('accessDenied', 'Another new root of this account waits. Stop it before you ask for one.');
const UNKNOWN = refuse('recoveryKeyUnknown', 'This recovery key opens no account here.');
const NOTHING_WAITS = refuse('notFound', 'No new root of this account waits under this hash.');

export interface NewRootsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'recoveries' | 'roots'>;
  readonly listCommit: ListCommit;
  readonly recoveryFetch: RecoveryFetch;
  readonly passwordProofs: PasswordProofs;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly maxDevices: number;
}

interface Asked {
  readonly caller: DeviceCaller;
  readonly request: NewRootRequest;
  readonly present: PresentHead;
  readonly head: VerifiedHead;
  readonly change: RootChange;
  readonly requestHash: Bytes;
  readonly keys: SealedKeys;
  readonly now: UnixMs;
}

/** Puts an account under another root: at once by the old recovery key, after a week's notice by a device (SPEC §14.6). */
export class NewRoots {
  readonly #parts: NewRootsParts;

  constructor(parts: NewRootsParts) {
    this.#parts = parts;
  }

  async request(caller: DeviceCaller, request: NewRootRequest): Promise<Outcome<NewRootAnswer>> {
    const { storage, limiter, clock } = this.#parts;
    const limit = await limiter.take('newRoot', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const present = await presentHead(storage, caller.accountId);
    const { receivedAt, receiptSignature } = present.step;
    if (isRepeat(present, request))
      return done({ type: 'done', receipt: { time: receivedAt, signature: receiptSignature } });
    const asked = this.#verify({ caller, request, present, now: clock() });
    if (asked.type === 'refused') return asked;
    return asked.value.change.signer.kind === 'accountIdentityKey'
      ? this.#commit(asked.value)
      : this.#afterNotice(asked.value);
  }

  /** For the holder of the recovery key who knows the password: nobody can put another root in the place of his. */
  async cancel(request: CancelNewRootRequest, address: string): Promise<Outcome<Nothing>> {
    const { storage, recoveryFetch, passwordProofs, notifier, limiter, clock } = this.#parts;
    const limit = await limiter.take('recoveryFetch', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const blob = await recoveryFetch.open(request);
    const account = blob && (await storage.accounts.find(blob.accountId));
    if (account === undefined) return UNKNOWN;
    const refusal = await passwordProofs.check(account, request.password, address);
    if (refusal !== undefined) return refusal;
    const notice = await storage.roots.findNotice(account.accountId, clock());
    if (notice === undefined || !constantTimeEqual<Bytes>(notice.requestHash, request.requestHash))
      return NOTHING_WAITS;
    await storage.roots.stop(account.accountId, request.requestHash, clock());
    const devices = await storage.devices.list(account.accountId);
    notifier.noticed(
      devices.map(({ deviceId }) => deviceId),
      'recovery',
    );
    return done({});
  }

  #verify({ caller, request, present, now }: Pick<Asked, 'caller' | 'request' | 'present' | 'now'>): Outcome<Asked> {
    const { list, rootChange, blob } = request;
    const rules = { mostDevices: this.#parts.maxDevices, acceptedAt: now };
    const verdict = verifyNextList(present.head, { list, certificates: [], rootChange }, rules);
    if (verdict.outcome === 'refused') return deviceListRefusal(verdict.reason);
    const change = parseRootChange(rootChange.bytes);
    if (change === undefined) throw new Error('A verified change of root cannot be read.');
    const keys = verifiedBlob(verdict.head, blob);
    if (keys.type === 'refused') return keys;
    const requestHash = rootChangeHash(RootChangeBytes.of(rootChange.bytes));
    return done({ caller, request, present, head: verdict.head, change, requestHash, keys: keys.value, now });
  }

  async #afterNotice(asked: Asked): Promise<Outcome<NewRootAnswer>> {
    const { storage, notifier } = this.#parts;
    const { caller, request, requestHash, present, now } = asked;
    const given = await storage.roots.findNotice(caller.accountId, now);
    if (given !== undefined && constantTimeEqual<Bytes>(given.requestHash, requestHash)) {
      if (given.stoppedAt !== undefined) return VETOED;
      return now < given.heldUntil
        ? done({ type: 'held', until: given.heldUntil, serverTime: now })
        : this.#commit(asked);
    }
    const until = laterBy(now, LIFETIMES.newRootNoticeMs);
    const notice = {
      requestHash,
      change: request.rootChange,
      requestedAt: now,
      heldUntil: until,
      expiresAt: laterBy(until, LIFETIMES.recoveryFinishMs),
    };
    if (!(await storage.roots.giveNotice(caller.accountId, notice))) return ANOTHER_WAITS;
    const others = present.head.devices.filter(({ deviceId }) => deviceId !== caller.deviceId);
    notifier.noticed(
      others.map(({ deviceId }) => deviceId),
      'recovery',
    );
    return done({ type: 'held', until, serverTime: now });
  }

  async #commit(asked: Asked): Promise<Outcome<NewRootAnswer>> {
    const { storage, listCommit } = this.#parts;
    const committed = await storage.transactions.run<Outcome<CommittedList>>(async (abandon) => {
      await storage.accounts.lock(asked.caller.accountId);
      const outcome = await this.#store(asked);
      return outcome.type === 'refused' ? abandon(outcome) : outcome;
    });
    if (committed.type === 'refused') return committed;
    listCommit.announce(committed.value, asked.caller.deviceId);
    return done({ type: 'done', receipt: committed.value.receipt });
  }

  async #store({
    caller,
    request,
    present,
    head,
    change,
    requestHash,
    keys,
    now,
  }: Asked): Promise<Outcome<CommittedList>> {
    const { storage, listCommit } = this.#parts;
    const { accountId } = caller;
    const notice = await storage.roots.findNotice(accountId, now);
    const isStopped = notice?.stoppedAt !== undefined && constantTimeEqual<Bytes>(notice.requestHash, requestHash);
    // Under the lock: a veto that was answered stands.
    if (isStopped && change.signer.kind === 'linkKey') return VETOED;
    const committed = await listCommit.commit(present, { head, signature: request.list.signature, acceptedAt: now });
    if (committed === 'conflict') return deviceListRefusal('wrongPrevious');
    const { accountIdentityKey, recoveryPublicKey } = present.head.root;
    const left = {
      epoch: head.list.epoch,
      oldAccountIdentityKey: accountIdentityKey,
      oldRecoveryPublicKey: recoveryPublicKey,
    };
    await storage.roots.change(accountId, { ...left, ...request.rootChange }, change.newRoot);
    // What the old recovery key has signed is worth nothing any more.
    await storage.recoveries.endAllHeld(accountId);
    await storage.roots.endNotice(accountId);
    const refusal = await putBlob(storage.recoveries, caller, keys, { access: request.access, newRoot: true, now });
    return refusal ?? done(committed);
  }
}

const isRepeat = (present: PresentHead, { list }: NewRootRequest): boolean => {
  const bytes = DeviceListBytes.parse(list.bytes);
  return bytes !== undefined && constantTimeEqual<Bytes>(listHash(bytes), present.step.hash);
};
