import type { BridgeErrorCode } from '@sotto/client/bridge';
import type { Failure } from '../../i18n/failure-text.js';

/** Is the failure one of these, and so the fault of the field that they belong to? */
export const isOf = (failure: Failure | undefined, codes: readonly BridgeErrorCode[]): boolean =>
  failure !== undefined && failure !== 'detached' && codes.includes(failure.code);

/** What is wrong with a password that somebody picks. */
export const NEW_PASSWORD: readonly BridgeErrorCode[] = ['passwordTooShort', 'passwordTooWeak'];
