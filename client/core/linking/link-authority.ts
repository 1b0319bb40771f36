import type { LinkKey, PasswordKey } from '@sotto/crypto';
import type { PasswordProof } from '@sotto/client/bridge';
import type { StepUp } from '@sotto/protocol/wire';
import { enterPassword } from '../account/entered-password.js';
import { failed } from '../account/failure.js';
import type { AccountResult } from '../account/types.js';
import { purgeKeys, type WrappedKeys } from '../account/wrapped-keys.js';
import type { AccountApi } from '../net/types.js';

/** What the password opens for one link: without it nothing can be signed, so asking for it is no mere dialog (claim P8). */
export class LinkAuthority {
  readonly linkKey: LinkKey;
  /** The new device wraps its own link key with it. */
  readonly passwordKey: PasswordKey;
  readonly stepUp: StepUp;

  constructor(keys: { readonly linkKey: LinkKey; readonly passwordKey: PasswordKey }, stepUp: StepUp) {
    this.linkKey = keys.linkKey;
    this.passwordKey = keys.passwordKey;
    this.stepUp = stepUp;
  }

  purge(): void {
    this.linkKey.purge();
    this.passwordKey.purge();
  }
}

/** Opens the link key for one flow and shows the server that the password was just entered. The caller purges what it gets. */
export const openLinkAuthority = async (
  api: AccountApi,
  wrappedKeys: WrappedKeys,
  proof: PasswordProof,
): Promise<AccountResult<LinkAuthority>> => {
  const entered = await enterPassword(api, wrappedKeys, proof);
  if (entered.outcome === 'failed') return entered;
  const { keys, stepUp } = entered.value;
  const { linkKey, passwordKey } = keys;
  if (linkKey === undefined) {
    purgeKeys(keys);
    return failed('keysUnderEarlierPassword');
  }
  keys.authenticationSecret.purge();
  for (const key of keys.earlier) key.purge();
  return { outcome: 'ok', value: new LinkAuthority({ linkKey, passwordKey }, stepUp) };
};
