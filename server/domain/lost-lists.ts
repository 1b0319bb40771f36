import {
  advanceHead,
  constantTimeEqual,
  type ReceiptPublicKey,
  type UntrustedCertificate,
  type VerifiedCertificate,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { AccountId } from '@sotto/protocol/ids';
import type { DeviceListEntry, DeviceListPlace } from '@sotto/protocol/wire';
import type { Log } from '../log.js';
import { UNKNOWN_REGISTRATION_ID, type NewDevice } from '../storage/device-repository.js';
import type { Storage } from '../storage/storage.js';
import { deviceListRefusal } from './device-list-refusal.js';
import type { CommittedList, ListCommit } from './list-commit.js';
import { presentHead, type PresentHead } from './list-head.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

const NO_ACCOUNT = refuse('notFound', 'There is no such account.');
const NOT_OURS = refuse('invalidDeviceList', 'This server has not receipted this device list.');
const FORKED = refuse('deviceListConflict', 'Another device list stands at this place by now.');
const DEVICE_IN_USE = refuse('invalidDeviceList', 'A device of this list belongs to another account.');

export interface LostListsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'roots'>;
  readonly listCommit: ListCommit;
  readonly receiptKey: ReceiptPublicKey;
  readonly limiter: RateLimiter;
  readonly log: Log;
}

/**
 * Takes back device lists that this server has receipted and lost, when it was put back to an older state (SPEC §14.9). Its own
 * receipts show that each of them was the head, so anybody may bring them: what they changed is changed again.
 */
export class LostLists {
  readonly #parts: LostListsParts;

  constructor(parts: LostListsParts) {
    this.#parts = parts;
  }

  /** Steps in order, of which the first ones may be here already: all that are missing are taken, or none. */
  async takeBack(
    accountId: AccountId,
    entries: readonly DeviceListEntry[],
    address: string,
  ): Promise<Outcome<{ readonly head: DeviceListPlace }>> {
    const { storage, listCommit, limiter, log } = this.#parts;
    const limit = await limiter.take('restoreDeviceList', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const outcome = await storage.transactions.run<Outcome<readonly CommittedList[]>>(async (abandon) => {
      if (!(await storage.accounts.lock(accountId))) return NO_ACCOUNT;
      const committed: CommittedList[] = [];
      for (const entry of entries) {
        const step = await this.#takeStep(accountId, entry);
        if (step.type === 'refused') return abandon(step);
        if (step.value !== 'present') committed.push(step.value);
      }
      return done(committed);
    });
    if (outcome.type === 'refused') return outcome;
    for (const committed of outcome.value) listCommit.announce(committed, undefined);
    if (outcome.value.length > 0) log.info('deviceList.restored', { count: outcome.value.length });
    const { epoch, number } = (await presentHead(storage, accountId)).step;
    return done({ head: { epoch, number } });
  }

  async #takeStep(accountId: AccountId, entry: DeviceListEntry): Promise<Outcome<CommittedList | 'present'>> {
    const { storage, listCommit, receiptKey } = this.#parts;
    const present = await presentHead(storage, accountId);
    const verdict = advanceHead(present.head, receiptKey, entry);
    switch (verdict.outcome) {
      case 'unchanged':
      case 'behind':
        return done('present');
      case 'fork':
        return FORKED;
      case 'refused':
        return verdict.reason === 'badReceipt' ? NOT_OURS : deviceListRefusal(verdict.reason);
      case 'advanced':
        break;
    }
    const { head } = verdict;
    const { receipt, list } = entry;
    const committed = await listCommit.recommit(present, { head, signature: list.signature, receipt });
    if (committed === 'conflict') throw new Error('A device list changed while its account was locked.');
    if (entry.rootChange !== undefined) await this.#changeRoot(present, head, entry.rootChange);
    const refusal = await this.#storeDevices(present.head, head, entry);
    return refusal ?? done(committed);
  }

  async #changeRoot(
    { head: before }: PresentHead,
    head: VerifiedHead,
    change: NonNullable<DeviceListEntry['rootChange']>,
  ): Promise<void> {
    const { accountIdentityKey, recoveryPublicKey } = before.root;
    const left = {
      epoch: head.list.epoch,
      oldAccountIdentityKey: accountIdentityKey,
      oldRecoveryPublicKey: recoveryPublicKey,
      ...change,
    };
    await this.#parts.storage.roots.change(head.accountId, left, head.root);
  }

  async #storeDevices(
    before: VerifiedHead,
    head: VerifiedHead,
    { certificates, receipt }: DeviceListEntry,
  ): Promise<Refusal | undefined> {
    const { devices } = this.#parts.storage;
    for (const device of head.devices) {
      const known = before.findDevice(device.deviceId);
      if (known !== undefined && constantTimeEqual(known.hash, device.hash)) continue;
      const stored = known && (await devices.find(device));
      const newDevice: NewDevice = {
        accountId: device.accountId,
        deviceId: device.deviceId,
        certificate: { bytes: device.bytes, hash: device.hash, ...signaturesOf(device, certificates) },
        signingKey: device.signingKey,
        identityKey: device.identityKey,
        linkKey: device.linkKey,
        registrationId: stored?.registrationId ?? UNKNOWN_REGISTRATION_ID,
        linkedAt: receipt.time,
      };
      if (known === undefined) {
        if ((await devices.activate(newDevice)).type === 'deviceExists') return DEVICE_IN_USE;
      } else await devices.recertify(newDevice);
    }
    return undefined;
  }
}

const signaturesOf = (device: VerifiedCertificate, certificates: readonly UntrustedCertificate[]) => {
  const signed = certificates.find(({ bytes }) => constantTimeEqual<Uint8Array>(bytes, device.bytes));
  if (signed === undefined) throw new Error('A device was verified without its certificate.');
  return {
    signingKeySignature: new Uint8Array(signed.dskSignature),
    identityKeySignature: new Uint8Array(signed.ikSignature),
  };
};
