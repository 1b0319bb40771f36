import type { ReceiptPublicKey } from '../keys.js';
import type { ListPlace } from './device-list.js';
import { advanceHead, beginHead, type StepRefusal, type StepVerdict, type UntrustedStep } from './list-pin.js';
import type { ListOwner } from './list-verdict.js';
import { VerifiedHead } from './verified-head.js';

/** A place in an account's history, with the step that led there. */
export interface PassedList<Step> extends ListPlace {
  readonly step: Step;
}

export type ChainVerdict<Step = UntrustedStep> =
  /** `passed`: everything from the first step to the head, for the history. */
  | { readonly outcome: 'verified'; readonly head: VerifiedHead; readonly passed: readonly PassedList<Step>[] }
  | Extract<StepVerdict, { readonly outcome: 'behind' | 'fork' }>
  /** `step`: which one of those that were offered. `empty`: none were, and there was no head to stand on. */
  | { readonly outcome: 'refused'; readonly reason: StepRefusal | 'empty'; readonly step: number };

/**
 * Verifies every step from a pinned head, or from the newest list that AIK signed where nothing is pinned yet (SPEC §3.5).
 * All or nothing: a chain with one bad step moves no pin.
 */
export const verifyChain = <Step extends UntrustedStep>(
  start: VerifiedHead | ListOwner,
  receiptKey: ReceiptPublicKey,
  steps: readonly Step[],
): ChainVerdict<Step> => {
  let head = start instanceof VerifiedHead ? start : undefined;
  const passed: PassedList<Step>[] = [];
  for (const [index, step] of steps.entries()) {
    const verdict = head === undefined ? beginHead(start, receiptKey, step) : advanceHead(head, receiptKey, step);
    switch (verdict.outcome) {
      case 'advanced':
        head = verdict.head;
        passed.push({ ...head.place, step });
        break;
      case 'unchanged':
        break;
      case 'behind':
      case 'fork':
        return verdict;
      case 'refused':
        return { ...verdict, step: index };
    }
  }
  return head === undefined ? { outcome: 'refused', reason: 'empty', step: 0 } : { outcome: 'verified', head, passed };
};
