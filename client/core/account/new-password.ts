import { BridgeError } from '@sotto/client/bridge';
import { parsePassword, type Password } from '@sotto/crypto';
import { judgePassword } from './password-rules.js';

/**
 * A password or passphrase that somebody picks now. Throws `passwordTooShort` or `passwordTooWeak`.
 *
 * @param personal - what anyone can know of the person
 */
export const parseNewPassword = async (typed: string, personal: readonly string[]): Promise<Password> => {
  const verdict = await judgePassword(typed, personal);
  if (verdict.outcome === 'tooShort') throw new BridgeError('passwordTooShort', { least: verdict.least });
  const password = verdict.outcome === 'strong' ? parsePassword(typed) : undefined;
  if (password === undefined) throw new BridgeError('passwordTooWeak');
  return password;
};
