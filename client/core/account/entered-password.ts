import type { PasswordProof } from '@sotto/client/bridge';
import { parsePassword } from '@sotto/crypto';
import type { StepUp } from '@sotto/protocol/wire';
import type { AccountApi } from '../net/types.js';
import { failed, failureOf } from './failure.js';
import { parseSecondFactor } from './second-factor.js';
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
  const password = parsePassword(proof.password);
  if (password === undefined) return failed('wrongCredentials');
  const secondFactor = parseSecondFactor(proof.secondFactor);
  if (secondFactor === undefined) return failed('wrongSecondFactor');
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
