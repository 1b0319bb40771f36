import { derivePasswordKeys, StretchSalt } from '@sotto/crypto';
import { RequestPasswordResetRequest, ResetPasswordRequest } from '@sotto/protocol/wire';
import { failed, failureOf } from '../account/failure.js';
import { parseNewPassword } from '../account/new-password.js';
import { askHowToStretch } from '../account/password-sign-in.js';
import { contactServer, restoreServerPin } from '../account/server-contact.js';
import type { AccountRecord, AccountResult } from '../account/types.js';
import { parseServerAddress } from '../net/server-address.js';
import type { AnonymousApi } from '../net/types.js';
import { withApi } from '../net/with-api.js';

const DONE = { outcome: 'ok', value: undefined } as const;

/** As typed. */
interface ResetInput {
  readonly address: string;
  readonly identifier: string;
}

/** A new password by a code from a mail. It opens the account on the server, and no key (SPEC §4.10). */
export class PasswordReset {
  readonly #own: () => AccountRecord | undefined;

  /** @param own - the account of this profile: what is pinned of its server and its stretch holds here as well */
  constructor(own: () => AccountRecord | undefined) {
    this.#own = own;
  }

  /** The same answer whether there is such an account. */
  request(input: ResetInput): Promise<AccountResult<undefined>> {
    return this.#atServer(input, async (api, identifier) => {
      const answer = await api.call('requestPasswordReset', { body: { identifier } });
      return answer.outcome === 'ok' ? DONE : failureOf(answer);
    });
  }

  /** Throws `passwordTooShort` or `passwordTooWeak`. Salt and cost stay: other devices hold the server to them. */
  async reset(
    input: ResetInput & { readonly code: string; readonly newPassword: string },
  ): Promise<AccountResult<undefined>> {
    const code = ResetPasswordRequest.shape.code.safeParse(input.code.trim());
    if (!code.success) return failed('mailCodeUnknown');
    const password = await parseNewPassword(input.newPassword, [input.identifier]);
    try {
      return await this.#atServer(input, async (api, identifier) => {
        const asked = await askHowToStretch(api, identifier, this.#pinnedStretch(input, identifier));
        if (asked.outcome === 'failed') return asked;
        const { parameters } = asked.value;
        const keys = await derivePasswordKeys(password, parameters);
        const secret = new Uint8Array(keys.authenticationSecret.unwrap());
        keys.authenticationSecret.purge();
        keys.passwordKey.purge();
        const authentication = { salt: parameters.salt, cost: parameters.cost, secret };
        const answer = await api.call('resetPassword', { body: { code: code.data, authentication } });
        secret.fill(0);
        return answer.outcome === 'ok' ? DONE : failureOf(answer);
      });
    } finally {
      password.purge();
    }
  }

  async #atServer(
    { address, identifier: typed }: ResetInput,
    ask: (api: AnonymousApi, identifier: string) => Promise<AccountResult<undefined>>,
  ): Promise<AccountResult<undefined>> {
    const parsed = parseServerAddress(address);
    if (parsed.outcome !== 'ok') return failed(parsed.outcome);
    const identifier = RequestPasswordResetRequest.shape.identifier.safeParse(typed.trim());
    if (!identifier.success) return failed('usernameInvalid');
    const own = this.#own();
    const pin = own?.server.origin === parsed.origin ? restoreServerPin(own.server) : undefined;
    return withApi(parsed.origin, async (api) => {
      const contact = await contactServer(api, pin);
      if (contact.outcome === 'failed') return contact;
      return contact.value.info.mail ? ask(api, identifier.data) : failed('mailOff');
    });
  }

  #pinnedStretch({ address }: ResetInput, identifier: string) {
    const own = this.#own();
    const parsed = parseServerAddress(address);
    const isOwn =
      parsed.outcome === 'ok' &&
      own?.server.origin === parsed.origin &&
      own.username.toLowerCase() === identifier.toLowerCase();
    return isOwn ? { salt: StretchSalt.of(own.stretch.salt), cost: own.stretch.cost } : undefined;
  }
}
