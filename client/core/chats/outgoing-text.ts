import { holdsLinkSecret, holdsRecoveryKey } from '@sotto/crypto';
import { CONTENT_LIMITS } from '@sotto/protocol/content';

export type TextRefusal = 'textEmpty' | 'textTooLong' | 'textHoldsSecret';

/** Whether a text may be sent as it is; `undefined` where it may. */
export const refuseText = (text: string): TextRefusal | undefined => {
  if (text.trim() === '') return 'textEmpty';
  if (text.length > CONTENT_LIMITS.textLength) return 'textTooLong';
  return holdsLinkSecret(text) || holdsRecoveryKey(text) ? 'textHoldsSecret' : undefined;
};
