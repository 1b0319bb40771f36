import {
  verifyChain,
  type ListOwner,
  type ListPlace,
  type PassedList,
  type ReceiptPublicKey,
  type VerifiedHead,
} from '@sotto/crypto';
import type { DeviceListEntry } from '@sotto/protocol/wire';
import type { AnonymousApi, Away, Refused } from '../net/types.js';

/** An epoch has at most 1,000 lists, 50 a page. */
const PAGES_MOST = 100;

/** The device list of an account, verified from the newest list that its account identity key signed. */
export interface AccountChain {
  readonly head: VerifiedHead;
  /** Every list up to the head. */
  readonly passed: readonly PassedList<DeviceListEntry>[];
  /** As the server has it. */
  readonly username: string;
}

export type ChainResult =
  { readonly outcome: 'ok'; readonly value: AccountChain } | { readonly outcome: 'unverifiable' } | Refused | Away;

/** Fetches and verifies the whole chain of an account whose root is known already. Nothing is pinned. */
export const fetchAccountChain = async (
  api: AnonymousApi,
  owner: ListOwner,
  receiptKey: ReceiptPublicKey,
): Promise<ChainResult> => {
  const passed: PassedList<DeviceListEntry>[] = [];
  let head: VerifiedHead | undefined;
  for (let pages = 0; pages < PAGES_MOST; pages += 1) {
    const after: ListPlace | undefined = head?.place;
    const query = after === undefined ? {} : { afterEpoch: after.epoch, afterNumber: after.number };
    const page = await api.call('deviceList', { params: { accountId: owner.accountId }, query });
    if (page.outcome !== 'ok') return page;
    const verdict = verifyChain(head ?? owner, receiptKey, page.value.entries);
    if (verdict.outcome !== 'verified' || page.value.accountId !== owner.accountId) return { outcome: 'unverifiable' };
    passed.push(...verdict.passed);
    head = verdict.head;
    if (!page.value.more) return { outcome: 'ok', value: { head, passed, username: page.value.username } };
    if (verdict.passed.length === 0) return { outcome: 'unverifiable' };
  }
  return { outcome: 'unverifiable' };
};
