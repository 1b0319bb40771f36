import type { BridgeFailure } from '@sotto/client/bridge';
import type { Translator } from './translator.js';

/** Why something did not happen: a refusal of the core, or no core to ask. */
export type Failure = BridgeFailure | 'detached';

/** What the words of a failure may name; what a core does not say is filled in neutrally rather than shown broken. */
const UNSAID = { least: 10, fingerprint: '…', limit: 8, group: 1 } as const;

/** Says what happened, what is safe and what to do. */
export const failureText = (translator: Translator, failure: Failure): string =>
  failure === 'detached'
    ? translator.text('failure.detached')
    : translator.text(`failure.${failure.code}`, { ...UNSAID, ...failure.params });
