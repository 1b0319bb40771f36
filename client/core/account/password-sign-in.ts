import {
  acceptStretch,
  derivePasswordKeys,
  parsePassword,
  StretchSalt,
  type Password,
  type PasswordKeys,
  type RandomSource,
  type ServerPin,
  type StretchParameters,
} from '@sotto/crypto';
import type { PasswordProof } from '@sotto/client/bridge';
import type { Username } from '@sotto/protocol/ids';
import type { AuthParameters, TokenGrant } from '@sotto/protocol/wire';
import type { Clock } from '../net/clock.js';
import type { AnonymousApi, Refused } from '../net/types.js';
import { signInDevice } from './device-sign-in.js';
import { failed, failureOf } from './failure.js';
import { parseSecondFactor, type SecondFactorField } from './second-factor.js';
import { contactServer, raisedServer, restoreServerPin } from './server-contact.js';
import type { AccountRecord, AccountResult, AccountStore } from './types.js';
import { purgeKeys, type WrappedKeys } from './wrapped-keys.js';

export interface PasswordSignInParts {
  readonly accounts: AccountStore;
  readonly wrappedKeys: WrappedKeys;
  readonly random: RandomSource;
  readonly clock: Clock;
}

const purge = ({ authenticationSecret, passwordKey }: PasswordKeys): void => {
  authenticationSecret.purge();
  passwordKey.purge();
};

/**
 * What the server says of how to stretch the password, held against what is pinned and against the floor: a cheaper stretch
 * would let it guess the password from the secret that it is shown.
 */
export const askHowToStretch = async (
  api: AnonymousApi,
  identifier: string,
  pinned: StretchParameters | undefined,
): Promise<AccountResult<AuthParameters & { readonly parameters: StretchParameters }>> => {
  const answer = await api.call('authParameters', { body: { identifier } });
  if (answer.outcome !== 'ok') return failureOf(answer);
  const verdict = acceptStretch(pinned, answer.value);
  if (verdict.outcome === 'accepted') {
    return { outcome: 'ok', value: { ...answer.value, parameters: verdict.parameters } };
  }
  switch (verdict.reason) {
    case 'tooCheap':
    case 'lowered':
    case 'saltChanged':
      return failed('serverWeakensPassword');
    case 'tooExpensive':
    case 'malformed':
      return failed('notASottoServer');
  }
};

/** What was typed, in a form in which it can be right. */
export interface EnteredProof {
  readonly password: Password;
  readonly secondFactor: SecondFactorField;
}

/** What no password or code can look like, nobody is asked about. */
export const parseProof = (proof: PasswordProof): AccountResult<EnteredProof> => {
  const secondFactor = parseSecondFactor(proof.secondFactor);
  if (secondFactor === undefined) return failed('wrongSecondFactor');
  const password = parsePassword(proof.password);
  return password === undefined ? failed('wrongCredentials') : { outcome: 'ok', value: { password, secondFactor } };
};

/** Signs this device in again, after its tokens have ended. */
export class PasswordSignIn {
  readonly #parts: PasswordSignInParts;

  constructor(parts: PasswordSignInParts) {
    this.#parts = parts;
  }

  /** Stores the new tokens. `deviceNotListed` is for the caller to judge by the account's own list. */
  async run(
    api: AnonymousApi,
    record: AccountRecord,
    { password, secondFactor }: EnteredProof,
  ): Promise<AccountResult<TokenGrant> | (Refused & { readonly code: 'deviceNotListed' })> {
    const keys = await this.#parts.wrappedKeys.open(password);
    password.purge();
    try {
      // One that opens nothing here may be right: the password was changed elsewhere, or reset.
      const result = await this.#signIn(api, record, { keys, secondFactor });
      if (result.outcome === 'ok') this.#parts.wrappedKeys.catchUp(keys);
      return result;
    } finally {
      purgeKeys(keys);
    }
  }

  async #signIn(
    api: AnonymousApi,
    record: AccountRecord,
    { keys, secondFactor }: { readonly keys: PasswordKeys; readonly secondFactor: SecondFactorField },
  ): Promise<AccountResult<TokenGrant> | (Refused & { readonly code: 'deviceNotListed' })> {
    const contact = await contactServer(api, restoreServerPin(record.server));
    if (contact.outcome === 'failed') return contact;
    const pinned = { salt: StretchSalt.of(record.stretch.salt), cost: record.stretch.cost };
    const asked = await askHowToStretch(api, record.username, pinned);
    if (asked.outcome === 'failed') return asked;
    const secret = new Uint8Array(keys.authenticationSecret.unwrap());
    const signIn = { record, secret, challenge: asked.value.challenge, secondFactor };
    const result = await signInDevice(api, signIn, this.#parts.random);
    secret.fill(0);
    if (result.outcome === 'refused' && result.code === 'deviceNotListed') return { ...result, code: result.code };
    if (result.outcome !== 'ok') return failureOf(result);
    this.#save(contact.value.pin, result.refreshToken);
    return { outcome: 'ok', value: result.grant };
  }

  #save(pin: ServerPin, refreshToken: AuthParameters['salt']): void {
    const { accounts, clock } = this.#parts;
    const record = accounts.find();
    if (record === undefined) throw new Error('the account went away while it was signed in');
    const server = raisedServer(record.server, pin, clock.now());
    accounts.save({ ...record, server, tokens: { refreshToken, nextRefreshToken: undefined } });
  }
}

/**
 * Tells whether a password is right, on a device that holds no keys of the account: the password opens the account pages, and
 * nothing here that could be read with it.
 */
export const checkPassword = async (
  api: AnonymousApi,
  identifier: string,
  { password, secondFactor }: EnteredProof,
): Promise<AccountResult<{ readonly username: Username }>> => {
  const asked = await askHowToStretch(api, identifier, undefined);
  if (asked.outcome === 'failed') return asked;
  const keys = await derivePasswordKeys(password, asked.value.parameters);
  const secret = new Uint8Array(keys.authenticationSecret.unwrap());
  purge(keys);
  const answer = await api.call('signIn', { body: { identifier, secret, ...secondFactor } });
  secret.fill(0);
  if (answer.outcome !== 'ok') return failureOf(answer);
  const { scope, username } = answer.value;
  return scope === 'account' ? { outcome: 'ok', value: { username } } : failed('notASottoServer');
};
