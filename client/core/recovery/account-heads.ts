import {
  constantTimeEqual,
  verifyChain,
  type ListOwner,
  type ListPlace,
  type ReceiptPublicKey,
  type VerifiedHead,
} from '@sotto/crypto';
import type { AnonymousApi, Away, Refused } from '../net/types.js';

/** An epoch has at most 1,000 lists, 50 a page. */
const PAGES_MOST = 100;

/** Every list of an account's present epoch, verified from the first, which its account identity key signed. */
export interface AccountHeads {
  readonly head: VerifiedHead;
  /** The verified list at a place of this epoch, with this very hash. */
  at(place: ListPlace): VerifiedHead | undefined;
}

export type HeadsResult =
  { readonly outcome: 'ok'; readonly value: AccountHeads } | { readonly outcome: 'unverifiable' } | Refused | Away;

/** Fetches the lists of an account whose root is known. Nothing is pinned. */
export const fetchAccountHeads = async (
  api: AnonymousApi,
  owner: ListOwner,
  receiptKey: ReceiptPublicKey,
): Promise<HeadsResult> => {
  const heads: VerifiedHead[] = [];
  for (let pages = 0; pages < PAGES_MOST; pages += 1) {
    const after = heads.at(-1)?.place;
    const query = after === undefined ? {} : { afterEpoch: after.epoch, afterNumber: after.number };
    const page = await api.call('deviceList', { params: { accountId: owner.accountId }, query });
    if (page.outcome !== 'ok') return page;
    for (const entry of page.value.entries) {
      const verdict = verifyChain(heads.at(-1) ?? owner, receiptKey, [entry]);
      if (verdict.outcome !== 'verified') return { outcome: 'unverifiable' };
      heads.push(verdict.head);
    }
    const head = heads.at(-1);
    if (head === undefined || (page.value.more && page.value.entries.length === 0)) return { outcome: 'unverifiable' };
    if (!page.value.more) {
      const at = ({ epoch, number, hash }: ListPlace) =>
        heads.find(
          ({ place }) => place.epoch === epoch && place.number === number && constantTimeEqual(place.hash, hash),
        );
      return { outcome: 'ok', value: { head, at } };
    }
  }
  return { outcome: 'unverifiable' };
};
