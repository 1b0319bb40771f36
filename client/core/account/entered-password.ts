import type { PasswordProof } from '@sotto/client/bridge';
import type { StepUp } from '@sotto/protocol/wire';
import type { AccountApi } from '../net/types.js';
import { failureOf } from './failure.js';
import { parseProof } from './password-sign-in.js';
import type { AccountResult } from './types.js';
import { purgeKeys, type OpenedKeys, type WrappedKeys } from './wrapped-keys.js';

/** What a password that the server has just taken gives. The caller purges the keys. */
export interface EnteredPassword {
  readonly keys: OpenedKeys;
  readonly stepUp: StepUp;
}

/**
 * Shows the server that the password was just entered (SPEC §4.6). One that opens nothing here may be the account's all the same,
 * after a reset by mail, so the server is always asked; what was wrapped under an earlier one is put under this one.
 */
export const enterPassword = async (
  api: AccountApi,
  wrappedKeys: WrappedKeys,
  proof: PasswordProof,
): Promise<AccountResult<EnteredPassword>> => {
  const entered = parseProof(proof);
  if (entered.outcome === 'failed') return entered;
  const { password, secondFactor } = entered.value;
  const keys = await wrappedKeys.open(password);
  password.purge();
  const secret = new Uint8Array(keys.authenticationSecret.unwrap());
  const answer = await api.call('stepUp', { body: { secret, ...secondFactor } });
  secret.fill(0);
  if (answer.outcome === 'ok') {
    wrappedKeys.catchUp(keys);
    return { outcome: 'ok', value: { keys, stepUp: answer.value } };
  }
  purgeKeys(keys);
  return failureOf(answer);
};
