import {
  derivePasswordKeys,
  linkKeyWrapping,
  parsePassword,
  StretchSalt,
  type LinkKey,
  type PasswordKey,
  type PasswordKeys,
} from '@sotto/crypto';
import type { PasswordProof } from '@sotto/client/bridge';
import type { StepUp } from '@sotto/protocol/wire';
import { failed, failureOf } from '../account/failure.js';
import { parseSecondFactor, type SecondFactorField } from '../account/second-factor.js';
import type { AccountRecord, AccountResult } from '../account/types.js';
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

const unwrapLinkKey = (
  { accountId, deviceId, keys }: AccountRecord,
  { passwordKey }: PasswordKeys,
): LinkKey | undefined => {
  const verdict = linkKeyWrapping.unwrap(keys.wrappedLinkKey, passwordKey, { accountId, deviceId });
  if (verdict.outcome === 'unwrapped') return verdict.key;
  if (verdict.reason !== 'wrongKey') throw new Error(`the stored link key cannot be opened: ${verdict.reason}`);
  return undefined;
};

const stepUp = async (
  api: AccountApi,
  { authenticationSecret }: PasswordKeys,
  secondFactor: SecondFactorField,
): Promise<AccountResult<StepUp>> => {
  const secret = new Uint8Array(authenticationSecret.unwrap());
  const answer = await api.call('stepUp', { body: { secret, ...secondFactor } });
  secret.fill(0);
  return answer.outcome === 'ok' ? answer : failureOf(answer);
};

/** Opens the link key for one flow and shows the server that the password was just entered. The caller purges what it gets. */
export const openLinkAuthority = async (
  api: AccountApi,
  record: AccountRecord,
  proof: PasswordProof,
): Promise<AccountResult<LinkAuthority>> => {
  const password = parsePassword(proof.password);
  if (password === undefined) return failed('wrongCredentials');
  const secondFactor = parseSecondFactor(proof.secondFactor);
  if (secondFactor === undefined) return failed('wrongSecondFactor');
  const { salt, cost } = record.stretch;
  const keys = await derivePasswordKeys(password, { salt: StretchSalt.of(salt), cost });
  password.purge();
  // A password that does not open what it wraps here is wrong, and is none of the server's business.
  const linkKey = unwrapLinkKey(record, keys);
  const shown = linkKey === undefined ? failed('wrongCredentials') : await stepUp(api, keys, secondFactor);
  keys.authenticationSecret.purge();
  if (linkKey !== undefined && shown.outcome === 'ok') {
    const authority = new LinkAuthority({ linkKey, passwordKey: keys.passwordKey }, shown.value);
    return { outcome: 'ok', value: authority };
  }
  linkKey?.purge();
  keys.passwordKey.purge();
  return shown.outcome === 'ok' ? failed('wrongCredentials') : shown;
};
