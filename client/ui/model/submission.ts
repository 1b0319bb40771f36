import { signal, type ReadonlySignal } from '@preact/signals';
import type { Failure } from '../i18n/failure-text.js';
import { outcomeOf } from './outcome.js';

/** One thing that a person asked for by a form: under way, refused, or neither. */
export interface Submission {
  readonly busy: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<Failure | undefined>;
  /** Does nothing while a run is under way. The value, or `undefined` after a refusal, which `failure` then holds. */
  readonly run: <T>(call: () => Promise<T>) => Promise<T | undefined>;
  readonly forget: () => void;
}

export const createSubmission = (): Submission => {
  const busy = signal(false);
  const failure = signal<Failure | undefined>(undefined);
  return {
    busy,
    failure,
    run: async (call) => {
      if (busy.value) return undefined;
      busy.value = true;
      failure.value = undefined;
      try {
        const outcome = await outcomeOf(call());
        if (outcome.ok) return outcome.value;
        failure.value = outcome.failure;
        return undefined;
      } finally {
        busy.value = false;
      }
    },
    forget: () => {
      failure.value = undefined;
    },
  };
};
