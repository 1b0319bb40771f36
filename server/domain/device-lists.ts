import {
  AccountIdentityKey,
  DeviceListBytes,
  issueReceipt,
  listHash,
  parseDeviceList,
  RecoveryPublicKey,
  restoreHead,
  verifyNextList,
  constantTimeEqual,
  type ReceiptKey,
  type UntrustedList,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { LIMITS, type Bytes, type DeviceListEntry, type DeviceListPage } from '@sotto/protocol/wire';
import type { Notifier } from '../notifier/notifier.js';
import type { Account } from '../storage/account-repository.js';
import type { DeviceListHead, DeviceListPlace, DeviceListStep } from '../storage/device-list-repository.js';
import type { DeviceCertificate } from '../storage/device-repository.js';
import type { Storage } from '../storage/storage.js';
import type { DeviceCaller } from './access-tokens.js';
import type { Clock } from './clock.js';
import { deviceListRefusal } from './device-list-refusal.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

const NO_ACCOUNT = refuse('notFound', 'There is no such account.');

export interface DeviceListsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists'>;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly receiptKey: ReceiptKey;
  readonly clock: Clock;
  readonly maxDevices: number;
}

type Receipt = DeviceListEntry['receipt'];

/** The receipted head of an account as it is stored, and the same verified. */
interface Present {
  readonly step: DeviceListStep;
  readonly head: VerifiedHead;
}

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
    return done({
      accountId,
      username: account.username,
      accountIdentityKey: account.accountIdentityKey,
      recoveryPublicKey: account.recoveryPublicKey,
      entries: await this.#entriesOf(accountId, steps),
      more,
    });
  }

  /**
   * Puts the next list after the present one. Devices that it no longer names lose their tokens, prekeys and mail in the same
   * transaction, and their sockets right after it. The same list again, after a lost answer, gets its receipt again.
   */
  async append(caller: DeviceCaller, list: UntrustedList['list']): Promise<Outcome<{ receipt: Receipt }>> {
    const { limiter, clock, maxDevices, receiptKey } = this.#parts;
    const limit = await limiter.take('appendDeviceList', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const present = await this.#present(caller.accountId);
    const repeated = receiptOfRepeat(present.step, list.bytes);
    if (repeated !== undefined) return done({ receipt: repeated });
    const now = clock();
    // No certificates come along: a device is added by linking, which brings its own.
    const verdict = verifyNextList(
      present.head,
      { list, certificates: [] },
      { mostDevices: maxDevices, acceptedAt: now },
    );
    if (verdict.outcome === 'refused') return deviceListRefusal(verdict.reason);
    const { head } = verdict;
    const receipt = issueReceipt(receiptKey, caller.accountId, head.place, now);
    const step: DeviceListStep = {
      ...head.place,
      bytes: head.bytes,
      signature: new Uint8Array(list.signature),
      previousHash: head.list.previousHash ?? new Uint8Array(head.hash.length),
      receivedAt: receipt.time,
      receiptSignature: receipt.signature,
    };
    const removed = present.head.devices
      .map(({ deviceId }) => deviceId)
      .filter((id) => head.findDevice(id) === undefined);
    const refusal = await this.#store(caller.accountId, present.step, step, removed);
    return refusal ?? done({ receipt });
  }

  async #store(
    accountId: AccountId,
    expected: DeviceListHead,
    step: DeviceListStep,
    removed: readonly DeviceId[],
  ): Promise<Refusal | undefined> {
    const { storage, notifier } = this.#parts;
    const refusal = await storage.transactions.run<Refusal | undefined>(async (abandon) => {
      const { hash, epoch, number } = expected;
      const appended = await storage.deviceLists.append(accountId, { hash, epoch, number }, step);
      if (appended.type === 'conflict') return abandon(deviceListRefusal('wrongPrevious'));
      await storage.devices.remove(accountId, removed);
      return undefined;
    });
    if (refusal === undefined) for (const deviceId of removed) notifier.ended(deviceId);
    return refusal;
  }

  async #present(accountId: AccountId): Promise<Present> {
    const { accounts, devices, deviceLists } = this.#parts.storage;
    const [account, place] = [await accounts.find(accountId), await deviceLists.head(accountId)];
    if (account === undefined || place === undefined) throw new Error('A signed-in device belongs to no account.');
    // The step before it, or for the first of an epoch "from the newest that the account identity key signed", which is itself.
    const before = place.number === 0 ? undefined : { epoch: place.epoch, number: place.number - 1 };
    const [step] = (await deviceLists.page(accountId, before, 1)).steps;
    if (step === undefined) throw new Error('The head of an account is not among its steps.');
    const certificates = (await devices.list(accountId)).map((device) => device.certificate.bytes);
    return { step, head: restoreHead({ root: rootOf(account), list: step.bytes, certificates }) };
  }

  /** Each certificate once, with the first list on the page that names it. */
  async #entriesOf(accountId: AccountId, steps: readonly DeviceListStep[]): Promise<DeviceListEntry[]> {
    const named = steps.map((step) => parseDeviceList(step.bytes)?.entries.map((entry) => entry.certificateHash) ?? []);
    const certificates = new Map(await this.#parts.storage.deviceLists.certificates(accountId, named.flat()));
    return steps.map((step, index) => ({
      list: { bytes: step.bytes, signature: step.signature },
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

const signedCertificate = ({ bytes, signingKeySignature, identityKeySignature }: DeviceCertificate) => ({
  bytes,
  dskSignature: signingKeySignature,
  ikSignature: identityKeySignature,
});

const rootOf = (account: Account) => ({
  accountIdentityKey: AccountIdentityKey.of(account.accountIdentityKey),
  recoveryPublicKey: RecoveryPublicKey.of(account.recoveryPublicKey),
});

const receiptOfRepeat = (step: DeviceListStep, bytes: Uint8Array): Receipt | undefined => {
  const offered = DeviceListBytes.parse(bytes);
  return offered !== undefined && constantTimeEqual<Bytes>(listHash(offered), step.hash)
    ? { time: step.receivedAt, signature: step.receiptSignature }
    : undefined;
};
