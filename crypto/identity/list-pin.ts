import { constantTimeEqual } from '../constant-time.js';
import { DeviceListBytes, type ReceiptPublicKey } from '../keys.js';
import { listHash, MOST_LISTED_DEVICES, parseDeviceList, type DeviceList, type ListPlace } from './device-list.js';
import { verifyFirstList, verifyNextList } from './list-rules.js';
import type { ListOwner, ListRefusal, UntrustedList } from './list-verdict.js';
import { verifyReceipt, type UntrustedReceipt } from './receipt.js';
import type { VerifiedHead } from './verified-head.js';

/** One step of an account's history as a server gives it out. */
export interface UntrustedStep extends UntrustedList {
  readonly receipt: UntrustedReceipt;
}

/** `badReceipt`: the server did not sign that it took this list, so for peers the list does not exist. */
export type StepRefusal = ListRefusal | 'badReceipt';

/** What a step is to somebody who holds a verified head. */
export type StepVerdict =
  | { readonly outcome: 'advanced'; readonly head: VerifiedHead }
  /** The head itself once more. */
  | { readonly outcome: 'unchanged' }
  /** A receipted list below the head. Harmless if the history has this hash at this place, a fork if it has another. */
  | { readonly outcome: 'behind'; readonly place: ListPlace }
  /** The server receipted two lists for one place: it shows different devices to different people. */
  | { readonly outcome: 'fork'; readonly place: ListPlace }
  | { readonly outcome: 'refused'; readonly reason: StepRefusal };

type Receipted =
  | { readonly outcome: 'receipted'; readonly list: DeviceList; readonly place: ListPlace }
  | { readonly outcome: 'refused'; readonly reason: StepRefusal };

const readReceipted = (owner: ListOwner, receiptKey: ReceiptPublicKey, step: UntrustedStep): Receipted => {
  const bytes = DeviceListBytes.parse(step.list.bytes);
  const list = bytes && parseDeviceList(bytes);
  if (!bytes || !list) return { outcome: 'refused', reason: 'malformed' };
  if (list.accountId !== owner.accountId) return { outcome: 'refused', reason: 'foreignAccount' };
  const place = { epoch: list.epoch, number: list.number, hash: listHash(bytes) };
  return verifyReceipt(receiptKey, owner.accountId, place, step.receipt)
    ? { outcome: 'receipted', list, place }
    : { outcome: 'refused', reason: 'badReceipt' };
};

const compare = (left: Omit<ListPlace, 'hash'>, right: Omit<ListPlace, 'hash'>): number =>
  left.epoch - right.epoch || left.number - right.number;

const rulesFor = (step: UntrustedStep) => ({
  mostDevices: MOST_LISTED_DEVICES,
  acceptedAt: step.receipt.time,
});

/**
 * Takes one step from a pinned head (SPEC §3.5). Never goes back, and speaks of a fork only on the evidence of the server's
 * own receipts: a list that it did not receipt proves nothing, whoever shows it.
 */
export const advanceHead = (head: VerifiedHead, receiptKey: ReceiptPublicKey, step: UntrustedStep): StepVerdict => {
  const receipted = readReceipted(head, receiptKey, step);
  if (receipted.outcome === 'refused') return receipted;
  const { place } = receipted;
  const order = compare(place, head.place);
  if (order === 0)
    return constantTimeEqual(place.hash, head.hash) ? { outcome: 'unchanged' } : { outcome: 'fork', place };
  if (order < 0) return { outcome: 'behind', place };
  const verdict = verifyNextList(head, step, rulesFor(step));
  return verdict.outcome === 'valid' ? { outcome: 'advanced', head: verdict.head } : verdict;
};

/** Takes the first step of somebody who knows only the account's root: a receipted list that AIK signed. */
export const beginHead = (
  owner: ListOwner,
  receiptKey: ReceiptPublicKey,
  step: UntrustedStep,
): Extract<StepVerdict, { readonly outcome: 'advanced' | 'refused' }> => {
  const receipted = readReceipted(owner, receiptKey, step);
  if (receipted.outcome === 'refused') return receipted;
  const verdict = verifyFirstList(owner, step, rulesFor(step));
  return verdict.outcome === 'valid' ? { outcome: 'advanced', head: verdict.head } : verdict;
};
