import type { AccountPageView, BackupCodesView, NewSecondFactorView, PasswordProof } from '@sotto/client/bridge';
import { DeviceSigningKey, SignInChallenge, signDeletionProof } from '@sotto/crypto';
import {
  AccountExport,
  ChangeEmailRequest,
  ConfirmEmailRequest,
  ConfirmSecondFactorRequest,
  type StepUp,
} from '@sotto/protocol/wire';
import { enterPassword } from '../account/entered-password.js';
import { failed, failureOf } from '../account/failure.js';
import type { AccountRecord, AccountResult } from '../account/types.js';
import { purgeKeys, type WrappedKeys } from '../account/wrapped-keys.js';
import type { AccountApi, AnonymousApi, Away, CallResult, Refused } from '../net/types.js';
import { PasswordChange } from './password-change.js';

export interface AccountPageParts {
  readonly record: () => AccountRecord;
  readonly wrappedKeys: WrappedKeys;
  readonly api: AccountApi;
  /** Over the connections that show who is calling. */
  readonly anonymous: AnonymousApi;
}

const GROUP = /.{1,4}/g;

/** What the owner of the account sees and changes of it at the server. */
export class AccountPage {
  readonly password: PasswordChange;
  readonly #parts: AccountPageParts;

  constructor(parts: AccountPageParts) {
    this.#parts = parts;
    this.password = new PasswordChange(parts);
  }

  async view(): Promise<AccountResult<AccountPageView>> {
    const answer = this.#resultOf(await this.#parts.api.call('ownAccount', {}));
    if (answer.outcome === 'failed') return answer;
    return { outcome: 'ok', value: { ...answer.value, keysClosed: this.#parts.wrappedKeys.isClosed } };
  }

  /** @param typed - nothing takes the address away */
  async changeEmail(
    proof: PasswordProof,
    typed: string | undefined,
  ): Promise<AccountResult<{ readonly confirmationSent: boolean; readonly page: AccountPageView }>> {
    const trimmed = typed?.trim() === '' ? undefined : typed?.trim();
    const email = ChangeEmailRequest.shape.email.safeParse(trimmed);
    if (!email.success) return failed('emailInvalid');
    const changed = await this.#withStepUp(proof, ({ stepUpToken }) =>
      this.#parts.api.call('changeEmail', {
        body: { stepUpToken, ...(email.data === undefined ? {} : { email: email.data }) },
      }),
    );
    if (changed.outcome === 'failed') return changed;
    const page = await this.view();
    return page.outcome === 'ok' ? { outcome: 'ok', value: { ...changed.value, page: page.value } } : page;
  }

  async confirmEmail(typed: string): Promise<AccountResult<AccountPageView>> {
    const code = ConfirmEmailRequest.shape.code.safeParse(typed.trim());
    if (!code.success) return failed('mailCodeUnknown');
    const confirmed = this.#resultOf(await this.#parts.anonymous.call('confirmEmail', { body: { code: code.data } }));
    return confirmed.outcome === 'ok' ? this.view() : confirmed;
  }

  async proposeSecondFactor(proof: PasswordProof): Promise<AccountResult<NewSecondFactorView>> {
    const proposed = await this.#withStepUp(proof, ({ stepUpToken }) =>
      this.#parts.api.call('proposeSecondFactor', { body: { stepUpToken } }),
    );
    if (proposed.outcome === 'failed') return proposed;
    const { secret, uri } = proposed.value;
    return { outcome: 'ok', value: { secret: (secret.match(GROUP) ?? []).join(' '), uri } };
  }

  async confirmSecondFactor(typed: string): Promise<AccountResult<BackupCodesView>> {
    const code = ConfirmSecondFactorRequest.shape.code.safeParse(typed.replaceAll(/\s/g, ''));
    if (!code.success) return failed('wrongSecondFactor');
    return this.#resultOf(await this.#parts.api.call('confirmSecondFactor', { body: { code: code.data } }));
  }

  renewBackupCodes(proof: PasswordProof): Promise<AccountResult<BackupCodesView>> {
    return this.#withStepUp(proof, ({ stepUpToken }) =>
      this.#parts.api.call('renewBackupCodes', { body: { stepUpToken } }),
    );
  }

  async removeSecondFactor(proof: PasswordProof): Promise<AccountResult<AccountPageView>> {
    const removed = await this.#withStepUp(proof, ({ stepUpToken }) =>
      this.#parts.api.call('removeSecondFactor', { body: { stepUpToken } }),
    );
    return removed.outcome === 'ok' ? this.view() : removed;
  }

  async lockLinking(): Promise<AccountResult<AccountPageView>> {
    const locked = this.#resultOf(await this.#parts.api.call('setLinkingLock', { body: { locked: true } }));
    return locked.outcome === 'ok' ? this.view() : locked;
  }

  async unlockLinking(proof: PasswordProof): Promise<AccountResult<AccountPageView>> {
    const unlocked = await this.#withStepUp(proof, ({ stepUpToken }) =>
      this.#parts.api.call('setLinkingLock', { body: { locked: false, stepUpToken } }),
    );
    return unlocked.outcome === 'ok' ? this.view() : unlocked;
  }

  /** The answer of the server as it came, for people and programs to read. */
  async export(proof: PasswordProof): Promise<AccountResult<{ readonly fileName: string; readonly text: string }>> {
    const exported = await this.#withStepUp(proof, ({ stepUpToken }) =>
      this.#parts.api.call('exportAccount', { body: { stepUpToken } }),
    );
    if (exported.outcome === 'failed') return exported;
    const day = new Date(exported.value.exportedAt).toISOString().slice(0, 10);
    const text = `${JSON.stringify(AccountExport.encode(exported.value), undefined, 2)}\n`;
    return { outcome: 'ok', value: { fileName: `sotto-${this.#parts.record().username}-${day}.json`, text } };
  }

  /** The account is gone from the server, for good. What is here is the caller's to erase. */
  async delete(proof: PasswordProof): Promise<AccountResult<object>> {
    const { anonymous, api, record } = this.#parts;
    const { accountId, deviceId, username, keys } = record();
    return this.#withStepUp(proof, async ({ stepUpToken }) => {
      const asked = await anonymous.call('authParameters', { body: { identifier: username } });
      if (asked.outcome !== 'ok') return asked;
      const { challenge } = asked.value;
      const signingKey = DeviceSigningKey.of(keys.deviceSigningKey);
      const deletion = { accountId, deviceId, challenge: SignInChallenge.of(challenge) };
      const signature = signDeletionProof(signingKey, deletion);
      signingKey.purge();
      return api.call('deleteAccount', { body: { stepUpToken, challenge, signature } });
    });
  }

  async #withStepUp<T>(
    proof: PasswordProof,
    ask: (stepUp: StepUp) => Promise<CallResult<T>>,
  ): Promise<AccountResult<T>> {
    const entered = await enterPassword(this.#parts.api, this.#parts.wrappedKeys, proof);
    if (entered.outcome === 'failed') return entered;
    purgeKeys(entered.value.keys);
    return this.#resultOf(await ask(entered.value.stepUp));
  }

  #resultOf<T>(answer: { readonly outcome: 'ok'; readonly value: T } | Refused | Away): AccountResult<T> {
    return answer.outcome === 'ok' ? { outcome: 'ok', value: answer.value } : failureOf(answer);
  }
}
