import type { ErrorCode } from '@sotto/protocol/wire';

/** An expected no. The message is for the developer of a client: what is wrong and what would be right, never what was sent. */
export interface Refusal {
  readonly type: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  /** Where waiting helps: how long. */
  readonly retryAfterMs?: number;
}

export type Outcome<Value> = { readonly type: 'done'; readonly value: Value } | Refusal;

/** The answer of calls that only do something. */
export type Nothing = Record<string, never>;

export const done = <Value>(value: Value): Outcome<Value> => ({ type: 'done', value });

export const refuse = (code: ErrorCode, message: string, retryAfterMs?: number): Refusal => ({
  type: 'refused',
  code,
  message,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
