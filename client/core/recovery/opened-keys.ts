import { BridgeError } from '@sotto/client/bridge';
import { parsePassword, type LinkKey } from '@sotto/crypto';
import { purgeKeys, type OpenedKeys, type WrappedKeys } from '../account/wrapped-keys.js';

/** The password opens the link key of this device. */
export type WithLinkKey = OpenedKeys & { readonly linkKey: LinkKey };

/** Throws `wrongCredentials` for a password that does not open what is wrapped here; the server is not asked. */
export const openKeys = async (wrappedKeys: WrappedKeys, typed: string): Promise<WithLinkKey> => {
  const password = parsePassword(typed);
  if (password === undefined) throw new BridgeError('wrongCredentials');
  const keys = await wrappedKeys.open(password);
  password.purge();
  const { linkKey } = keys;
  if (linkKey !== undefined) return { ...keys, linkKey };
  purgeKeys(keys);
  throw new BridgeError('wrongCredentials');
};
