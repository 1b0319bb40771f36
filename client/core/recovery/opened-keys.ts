import { BridgeError } from '@sotto/client/bridge';
import {
  derivePasswordKeys,
  linkKeyWrapping,
  parsePassword,
  StretchSalt,
  type LinkKey,
  type PasswordKeys,
} from '@sotto/crypto';
import type { AccountRecord } from '../account/types.js';

/** What the password opens on this device. Whoever gets it purges it. */
export interface OpenedKeys extends PasswordKeys {
  readonly linkKey: LinkKey;
}

export const purgeKeys = ({ authenticationSecret, passwordKey, linkKey }: OpenedKeys): void => {
  for (const secret of [authenticationSecret, passwordKey, linkKey]) secret.purge();
};

/** Throws `wrongCredentials` for a password that does not open what it wraps here; the server is not asked. */
export const openKeys = async (record: AccountRecord, typed: string): Promise<OpenedKeys> => {
  const password = parsePassword(typed);
  if (password === undefined) throw new BridgeError('wrongCredentials');
  const { salt, cost } = record.stretch;
  const keys = await derivePasswordKeys(password, { salt: StretchSalt.of(salt), cost });
  password.purge();
  const verdict = linkKeyWrapping.unwrap(record.keys.wrappedLinkKey, keys.passwordKey, record);
  if (verdict.outcome === 'unwrapped') return { ...keys, linkKey: verdict.key };
  keys.authenticationSecret.purge();
  keys.passwordKey.purge();
  if (verdict.reason === 'wrongKey') throw new BridgeError('wrongCredentials');
  throw new Error(`the stored link key cannot be opened: ${verdict.reason}`);
};
