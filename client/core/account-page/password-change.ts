import type { PasswordProof } from '@sotto/client/bridge';
import { derivePasswordKeys, parsePassword, StretchSalt, type Password, type PasswordKeys } from '@sotto/crypto';
import { enterPassword, type EnteredPassword } from '../account/entered-password.js';
import { failed, failureOf } from '../account/failure.js';
import { parseNewPassword } from '../account/new-password.js';
import type { AccountRecord, AccountResult } from '../account/types.js';
import { purgeKeys, type OpenedKeys, type WrappedKeys } from '../account/wrapped-keys.js';
import type { AccountApi, CallResult } from '../net/types.js';

/** Asked this often, the same question has the same effect: the answer alone can have been lost. */
const ATTEMPTS_MOST = 3;

const DONE = { outcome: 'ok', value: undefined } as const;

export interface PasswordChangeParts {
  readonly record: () => AccountRecord;
  readonly wrappedKeys: WrappedKeys;
  readonly api: AccountApi;
}

/**
 * Another password for an account whose keys are wrapped under it on every device. The way from the new key to the one before
 * is kept before the server is asked: whatever happens then, one of the two passwords opens everything (SPEC §9.2).
 */
export class PasswordChange {
  readonly #parts: PasswordChangeParts;

  constructor(parts: PasswordChangeParts) {
    this.#parts = parts;
  }

  /** Throws `passwordTooShort` or `passwordTooWeak`. */
  async change(proof: PasswordProof, typed: string): Promise<AccountResult<undefined>> {
    const { api, wrappedKeys, record } = this.#parts;
    const next = await parseNewPassword(typed, [record().username]);
    const entered = await enterPassword(api, wrappedKeys, proof);
    if (entered.outcome === 'failed') {
      next.purge();
      return entered;
    }
    const following = await this.#derive(next);
    next.purge();
    try {
      return await this.#replace(entered.value, following);
    } finally {
      purgeKeys(entered.value.keys);
      following.authenticationSecret.purge();
      following.passwordKey.purge();
    }
  }

  /** After a reset by mail: the password before opens the keys, the present one is to open them from now on. */
  async openWithEarlier(proof: PasswordProof, typed: string): Promise<AccountResult<undefined>> {
    const { api, wrappedKeys } = this.#parts;
    const password = parsePassword(typed);
    if (password === undefined) return failed('wrongEarlierPassword');
    const entered = await enterPassword(api, wrappedKeys, proof);
    if (entered.outcome === 'failed') {
      password.purge();
      return entered;
    }
    const earlier = await wrappedKeys.open(password);
    password.purge();
    const { keys } = entered.value;
    try {
      if (keys.linkKey !== undefined) return DONE;
      if (earlier.linkKey === undefined) return failed('wrongEarlierPassword');
      wrappedKeys.keepEarlier(earlier.passwordKey, keys.passwordKey);
      wrappedKeys.catchUp({ ...keys, linkKey: earlier.linkKey, ...reached(earlier) });
      return DONE;
    } finally {
      purgeKeys(keys);
      purgeKeys(earlier);
    }
  }

  async #replace({ keys, stepUp }: EnteredPassword, following: PasswordKeys): Promise<AccountResult<undefined>> {
    const { wrappedKeys } = this.#parts;
    const kept = wrappedKeys.keepEarlier(keys.passwordKey, following.passwordKey);
    const answer = await this.#ask(stepUp.stepUpToken, following);
    if (answer.outcome === 'refused') {
      wrappedKeys.forgetEarlier(kept);
      return failureOf(answer);
    }
    if (answer.outcome === 'away') return failed('passwordInDoubt');
    wrappedKeys.catchUp({ ...following, linkKey: keys.linkKey, ...reached(keys) });
    return DONE;
  }

  async #ask(stepUpToken: string, { authenticationSecret }: PasswordKeys): Promise<CallResult<object>> {
    const { api, record } = this.#parts;
    const { salt, cost } = record().stretch;
    const secret = new Uint8Array(authenticationSecret.unwrap());
    const body = { stepUpToken, authentication: { salt, cost, secret } };
    let answer = await api.call('changePassword', { body });
    const wasAway = answer.outcome === 'away';
    for (let attempt = 1; attempt < ATTEMPTS_MOST && answer.outcome === 'away'; attempt += 1) {
      answer = await api.call('changePassword', { body });
    }
    secret.fill(0);
    // A refusal of the repetition says nothing about the attempt before, which the server may have taken.
    return wasAway && answer.outcome === 'refused' ? { outcome: 'away', reason: 'unreachable' } : answer;
  }

  #derive(password: Password): Promise<PasswordKeys> {
    const { salt, cost } = this.#parts.record().stretch;
    return derivePasswordKeys(password, { salt: StretchSalt.of(salt), cost });
  }
}

/** What the keys of a password before reach, for the one that has come after it. */
const reached = ({ passwordKey, earlier }: OpenedKeys): Pick<OpenedKeys, 'earlier' | 'isBehind'> => ({
  earlier: [passwordKey, ...earlier],
  isBehind: true,
});
