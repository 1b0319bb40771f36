import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes, ErrorCode, RegisterRequest } from '@sotto/protocol/wire';
import type { CallResult } from '../net/types.js';

/** What the fake server knows of an account's password. */
export interface FakePassword {
  /** The authentication secret; without one every password is right. */
  secret: Bytes | undefined;
}

export const STEP_UP_TOKEN = 'the password was just entered';

export const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.from(left).equals(Buffer.from(right));

export const refused = (code: ErrorCode, retryAfterMs = 0): CallResult<never> => ({
  outcome: 'refused',
  code,
  retryAfterMs,
});

export const stepUp = (
  { secret: right }: FakePassword,
  { secret }: { readonly secret: Bytes },
  serverTime: UnixMs,
): CallResult<unknown> =>
  right !== undefined && !same(secret, right)
    ? refused('wrongCredentials')
    : { outcome: 'ok', value: { stepUpToken: STEP_UP_TOKEN, lifetimeMs: 600_000, serverTime } };

export const changePassword = (
  account: FakePassword,
  {
    stepUpToken,
    authentication,
  }: { readonly stepUpToken: string; readonly authentication: RegisterRequest['authentication'] },
): CallResult<unknown> => {
  if (stepUpToken !== STEP_UP_TOKEN) return refused('stepUpRequired');
  account.secret = authentication.secret;
  return { outcome: 'ok', value: {} };
};
