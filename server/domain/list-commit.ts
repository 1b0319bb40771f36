import { issueReceipt, type ReceiptKey, type VerifiedHead } from '@sotto/crypto/server';
import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { DeviceListEntry } from '@sotto/protocol/wire';
import type { Notifier } from '../notifier/notifier.js';
import type { Bytes } from '../storage/bytes.js';
import type { DeviceListStep } from '../storage/device-list-repository.js';
import type { Storage } from '../storage/storage.js';
import { linkName } from './linking/link-name.js';
import type { PresentHead } from './list-head.js';

export interface ListCommitParts {
  readonly storage: Pick<Storage, 'devices' | 'deviceLists' | 'linkSessions'>;
  readonly notifier: Notifier;
  readonly receiptKey: ReceiptKey;
}

/** A list that has been verified as the next one. */
export interface NextList {
  readonly head: VerifiedHead;
  readonly signature: Uint8Array;
  readonly acceptedAt: UnixMs;
}

/** A list that has been verified as the next one, together with a receipt for it. */
export interface ReceiptedList extends Pick<NextList, 'head' | 'signature'> {
  readonly receipt: DeviceListEntry['receipt'];
}

/** What a new head has led to, for those who are to be told after the commit. */
export interface CommittedList {
  readonly receipt: DeviceListEntry['receipt'];
  readonly removed: readonly DeviceId[];
  readonly active: readonly DeviceId[];
  readonly endedLinks: readonly Bytes[];
}

/** Makes a verified list the head, with everything that goes with it. The one way to a new head but for the first. */
export class ListCommit {
  readonly #parts: ListCommitParts;

  constructor(parts: ListCommitParts) {
    this.#parts = parts;
  }

  /**
   * Inside a transaction of the caller's: appends the list if `present` is still the head, removes devices that it no longer
   * names with tokens, prekeys and mail, and ends the links that it makes impossible. `conflict`: nothing was changed.
   */
  commit(present: PresentHead, { head, signature, acceptedAt }: NextList): Promise<CommittedList | 'conflict'> {
    const receipt = issueReceipt(this.#parts.receiptKey, head.accountId, head.place, acceptedAt);
    return this.recommit(present, { head, signature, receipt });
  }

  /** The same with a list that was the head before this server lost it, and with the receipt that it got then. */
  async recommit(
    present: PresentHead,
    { head, signature, receipt }: ReceiptedList,
  ): Promise<CommittedList | 'conflict'> {
    const { storage } = this.#parts;
    const { accountId } = head;
    const step: DeviceListStep = {
      ...head.place,
      bytes: head.bytes,
      signature: new Uint8Array(signature),
      previousHash: head.list.previousHash ?? new Uint8Array(head.hash.length),
      receivedAt: receipt.time,
      receiptSignature: new Uint8Array(receipt.signature),
    };
    const { hash, epoch, number } = present.step;
    const appended = await storage.deviceLists.append(accountId, { hash, epoch, number }, step);
    if (appended.type === 'conflict') return 'conflict';
    const removed = present.head.devices
      .map(({ deviceId }) => deviceId)
      .filter((id) => head.findDevice(id) === undefined);
    await storage.devices.remove(accountId, removed);
    const endedLinks = await storage.linkSessions.endForNewList(accountId, removed);
    return { receipt, removed, active: head.devices.map(({ deviceId }) => deviceId), endedLinks };
  }

  /** After the commit: closes the sockets of removed devices, and tells all others but `author`, who knows. */
  announce({ removed, active, endedLinks }: CommittedList, author: DeviceId | undefined): void {
    const { notifier } = this.#parts;
    for (const deviceId of removed) notifier.ended(deviceId);
    notifier.noticed(
      active.filter((deviceId) => deviceId !== author),
      'deviceList',
    );
    for (const linkSessionId of endedLinks) notifier.linkChanged(linkName(linkSessionId));
  }
}
