import { BridgeClosedError, BridgeError } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Turns a refusal of the core into a value; whatever else is thrown is a bug and goes on. */
export const outcomeOf = async <T>(call: Promise<T>): Promise<Outcome<T>> => {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (error instanceof BridgeClosedError) return { ok: false, failure: 'detached' };
    if (error instanceof BridgeError) return { ok: false, failure: error.failure };
    throw error;
  }
};
