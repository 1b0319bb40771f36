import {
  DeviceListBytes,
  listHash,
  parseDeviceList,
  verifyNextList,
  constantTimeEqual,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import {
  LIFETIMES,
  LIMITS,
  type AppendDeviceListRequest,
  type Bytes,
  type DeviceListEntry,
  type DeviceListPage,
} from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { DeviceListPlace, DeviceListStep } from '../storage/device-list-repository.js';
import type { DeviceCertificate } from '../storage/device-repository.js';
import type { SealedKeys } from '../storage/recovery-repository.js';
import type { RootLeft } from '../storage/root-repository.js';
import type { Storage } from '../storage/storage.js';
import type { DeviceCaller } from './access-tokens.js';
import { laterBy, type Clock } from './clock.js';
import { deviceListRefusal } from './device-list-refusal.js';
import type { CommittedList, ListCommit, NextList } from './list-commit.js';
import { presentHead, type PresentHead } from './list-head.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';
import { putBlob, verifiedBlob } from './recovery/recovery-blobs.js';
import type { RestoreHold } from './restore-hold.js';
import type { StepUp } from './step-up.js';

const NO_ACCOUNT = refuse('notFound', 'There is no such account.');

export interface DeviceListsParts {
  readonly restoreHold: RestoreHold;
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'recoveries' | 'roots'>;
  readonly listCommit: ListCommit;
  readonly stepUp: StepUp;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly maxDevices: number;
}

/** What an unlink replaces with the list, because the removed device knew it. */
interface Rotated {
  readonly accessKeyVerifier: Bytes | undefined;
  readonly keys: SealedKeys | undefined;
}

type Receipt = DeviceListEntry['receipt'];
type AppendRequest = z.output<typeof AppendDeviceListRequest>;

/** Serves and extends the hash-chained device lists of all accounts (SPEC §3). */
export class DeviceLists {
  readonly #parts: DeviceListsParts;

  constructor(parts: DeviceListsParts) {
    this.#parts = parts;
  }

  /** Steps of one account's list, open to anyone who knows its id. */
  async page(
    accountId: AccountId,
    after: DeviceListPlace | undefined,
    address: string,
  ): Promise<Outcome<DeviceListPage>> {
    const { storage, limiter } = this.#parts;
    const limit = await limiter.take('deviceList', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const account = await storage.accounts.find(accountId);
    if (account === undefined) return NO_ACCOUNT;
    const { steps, more } = await storage.deviceLists.page(accountId, after, LIMITS.listEntriesPerPage);
    const last = steps.at(-1);
    const head = more || last === undefined ? await storage.deviceLists.head(accountId) : last;
    if (head === undefined) return NO_ACCOUNT;
    return done({
      accountId,
      username: account.username,
      accountIdentityKey: account.accountIdentityKey,
      recoveryPublicKey: account.recoveryPublicKey,
      entries: await this.#entriesOf(accountId, steps),
      head: { epoch: head.epoch, number: head.number },
      more,
    });
  }

  /**
   * Puts the next list after the present one. Devices that it no longer names lose their tokens, prekeys and mail in the same
   * transaction, and their sockets right after it. The same list again, after a lost answer, gets its receipt again.
   */
  async append(caller: DeviceCaller, request: AppendRequest): Promise<Outcome<{ receipt: Receipt }>> {
    const { storage, limiter, clock, maxDevices, stepUp } = this.#parts;
    const limit = await limiter.take('appendDeviceList', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const { list } = request;
    const present = await presentHead(storage, caller.accountId);
    const repeated = receiptOfRepeat(present.step, list.bytes);
    if (repeated !== undefined) return done({ receipt: repeated });
    const held = await this.#parts.restoreHold.check();
    if (held !== undefined) return held;
    const now = clock();
    // No certificates come along: a device is added by linking, which brings its own.
    const verdict = verifyNextList(
      present.head,
      { list, certificates: [] },
      { mostDevices: maxDevices, acceptedAt: now },
    );
    if (verdict.outcome === 'refused') return deviceListRefusal(verdict.reason);
    if (removesOthers(present.head, verdict.head, caller.deviceId)) {
      const refusal = await stepUp.check(caller, request.stepUpToken);
      if (refusal !== undefined) return refusal;
    }
    const next = { head: verdict.head, signature: list.signature, acceptedAt: now };
    const keys = request.recoveryBlob && verifiedBlob(verdict.head, request.recoveryBlob);
    if (keys?.type === 'refused') return keys;
    const rotated = { accessKeyVerifier: request.accessKeyVerifier, keys: keys?.value };
    return this.#commit(caller, present, next, rotated);
  }

  async #commit(
    caller: DeviceCaller,
    present: PresentHead,
    next: NextList,
    { accessKeyVerifier, keys }: Rotated,
  ): Promise<Outcome<{ receipt: Receipt }>> {
    const { storage, listCommit } = this.#parts;
    const now = next.acceptedAt;
    const committed = await storage.transactions.run<CommittedList | Refusal>(async (abandon) => {
      const outcome = await listCommit.commit(present, next);
      if (outcome === 'conflict') return abandon(deviceListRefusal('wrongPrevious'));
      if (accessKeyVerifier !== undefined) {
        const keepUntil = laterBy(now, LIFETIMES.previousAccessKeyMs);
        await storage.accounts.replaceAccessVerifier(caller.accountId, accessKeyVerifier, keepUntil);
      }
      const refusal =
        keys && (await putBlob(storage.recoveries, caller, keys, { access: undefined, newRoot: false, now }));
      return refusal === undefined ? outcome : abandon(refusal);
    });
    if ('type' in committed) return committed;
    listCommit.announce(committed, caller.deviceId);
    return done({ receipt: committed.receipt });
  }

  /** Hardly any page has the first list of an epoch on it, and hardly any account another root than its first. */
  async #rootChangesOf(accountId: AccountId, steps: readonly DeviceListStep[]): Promise<readonly RootLeft[]> {
    const begins = steps.some(({ epoch, number }) => number === 0 && epoch > 0);
    return begins ? this.#parts.storage.roots.changesOf(accountId) : [];
  }

  /** Each certificate once, with the first list on the page that names it. */
  async #entriesOf(accountId: AccountId, steps: readonly DeviceListStep[]): Promise<DeviceListEntry[]> {
    const named = steps.map((step) => parseDeviceList(step.bytes)?.entries.map((entry) => entry.certificateHash) ?? []);
    const certificates = new Map(await this.#parts.storage.deviceLists.certificates(accountId, named.flat()));
    const changes = await this.#rootChangesOf(accountId, steps);
    return steps.map((step, index) => ({
      list: { bytes: step.bytes, signature: step.signature },
      ...rootChangeOf(changes, step),
      receipt: { time: step.receivedAt, signature: step.receiptSignature },
      certificates: (named[index] ?? []).flatMap((hash) => {
        const key = Buffer.from(hash).toString('hex');
        const certificate = certificates.get(key);
        certificates.delete(key);
        return certificate === undefined ? [] : [signedCertificate(certificate)];
      }),
    }));
  }
}

/** The statement with which an epoch began under another root stands beside that epoch's first list. */
const rootChangeOf = (
  changes: readonly RootLeft[],
  { epoch, number }: DeviceListStep,
): Pick<DeviceListEntry, 'rootChange'> => {
  const change = number === 0 ? changes.find((left) => left.epoch === epoch) : undefined;
  if (change === undefined) return {};
  const { bytes, newRootSignature, signerSignature } = change;
  return { rootChange: { bytes, newRootSignature, signerSignature } };
};

const signedCertificate = ({ bytes, signingKeySignature, identityKeySignature }: DeviceCertificate) => ({
  bytes,
  dskSignature: signingKeySignature,
  ikSignature: identityKeySignature,
});

const removesOthers = (before: VerifiedHead, after: VerifiedHead, caller: DeviceId): boolean =>
  before.devices.some(({ deviceId }) => deviceId !== caller && after.findDevice(deviceId) === undefined);

const receiptOfRepeat = (step: DeviceListStep, bytes: Uint8Array): Receipt | undefined => {
  const offered = DeviceListBytes.parse(bytes);
  return offered !== undefined && constantTimeEqual<Bytes>(listHash(offered), step.hash)
    ? { time: step.receivedAt, signature: step.receiptSignature }
    : undefined;
};
