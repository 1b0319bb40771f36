import {
  accessKeyVerifier,
  createAccount,
  deriveAccessKey,
  derivePasswordKeys,
  hashRefreshToken,
  linkKeyWrapping,
  newStretchParameters,
  recoverySeedWrapping,
  RefreshToken,
  type Bytes,
  type NewAccount,
  type Password,
  type PasswordKeys,
  type RandomSource,
  type Secret,
  type StretchParameters,
} from '@sotto/crypto';
import type { Username } from '@sotto/protocol/ids';
import { RegisterRequest } from '@sotto/protocol/wire';
import type { Clock } from '../net/clock.js';
import { makePreKeys, uploadOf } from '../prekeys/new-pre-keys.js';
import type { PreKeyStore } from '../prekeys/types.js';
import type { AccountKeys, AccountRecord, AccountStore, Atomically, PinnedServer } from './types.js';

export interface RegistrationDetails {
  readonly username: Username;
  readonly email: string | undefined;
  readonly inviteCode: string | undefined;
  readonly password: Password;
  readonly server: PinnedServer;
}

export interface NewRegistrationParts {
  readonly accounts: AccountStore;
  readonly preKeys: PreKeyStore;
  readonly atomically: Atomically;
  readonly random: RandomSource;
  readonly clock: Clock;
}

const ONE_TIME_KEYS = 100;

/** A copy for the encrypted database; the secret itself ends here. */
const kept = (secret: Secret<string>): Bytes => {
  const bytes = new Uint8Array(secret.unwrap());
  secret.purge();
  return bytes;
};

/**
 * Makes everything that an account begins with, and stores it in one transaction as `pending`, the request included, before a
 * byte of it leaves: whatever happens from here on, the same account can be registered, and nobody else's keys.
 */
export const storeNewRegistration = async (
  { username, email, inviteCode, password, server }: RegistrationDetails,
  parts: NewRegistrationParts,
): Promise<AccountRecord> => {
  const stretch = newStretchParameters(parts.random);
  const passwordKeys = await derivePasswordKeys(password, stretch);
  const account = createAccount(parts);
  const refreshToken = RefreshToken.generate(parts.random);
  const record = parts.atomically(() => {
    const made: MadeAccount = { account, stretch, passwordKeys, refreshToken };
    const { request, preKeys } = requestFor({ username, email, inviteCode }, made, parts);
    const pending: AccountRecord = {
      phase: 'pending',
      accountId: account.accountId,
      username,
      deviceId: account.device.deviceId,
      registrationId: account.device.registrationId,
      server,
      keys: keysOf(made, parts.random),
      stretch,
      tokens: { refreshToken: kept(refreshToken), nextRefreshToken: undefined },
      pendingRequest: JSON.stringify(RegisterRequest.encode(request)),
    };
    parts.accounts.save(pending);
    parts.preKeys.add(preKeys);
    return pending;
  });
  passwordKeys.authenticationSecret.purge();
  passwordKeys.passwordKey.purge();
  return record;
};

/** The request as it was stored. Throws where the storage is damaged. */
export const pendingRequestOf = ({ pendingRequest }: AccountRecord): RegisterRequest => {
  if (pendingRequest === undefined) throw new Error('a pending account has no request');
  return RegisterRequest.parse(JSON.parse(pendingRequest));
};

interface MadeAccount {
  readonly account: NewAccount;
  readonly stretch: StretchParameters;
  readonly passwordKeys: PasswordKeys;
  readonly refreshToken: RefreshToken;
}

const requestFor = (
  { username, email, inviteCode }: Pick<RegistrationDetails, 'username' | 'email' | 'inviteCode'>,
  { account, stretch, passwordKeys, refreshToken }: MadeAccount,
  { preKeys, clock }: NewRegistrationParts,
) => {
  const signer = { identityKey: account.device.identityKeyPair.privateKey, now: clock.now() };
  const order = { oneTime: ONE_TIME_KEYS, kyberOneTime: ONE_TIME_KEYS, signed: true, lastResort: true };
  const made = makePreKeys(order, preKeys, signer);
  const { signedPreKey, lastResortKyberPreKey, ...oneTime } = uploadOf(made, signer);
  if (signedPreKey === undefined || lastResortKyberPreKey === undefined) throw new Error('prekeys were not made');
  const accessKey = deriveAccessKey(account.profileKey);
  const request: RegisterRequest = {
    accountId: account.accountId,
    username,
    ...(email === undefined ? {} : { email }),
    ...(inviteCode === undefined ? {} : { inviteCode }),
    authentication: { ...stretch, secret: new Uint8Array(passwordKeys.authenticationSecret.unwrap()) },
    accountIdentityKey: account.root.accountIdentityKey,
    recoveryPublicKey: account.root.recoveryPublicKey,
    accessKeyVerifier: accessKeyVerifier(accessKey),
    genesis: account.genesis,
    device: {
      certificate: account.certificate,
      registrationId: account.device.registrationId,
      preKeys: { signedPreKey, lastResortKyberPreKey, ...oneTime },
    },
    refreshTokenHash: hashRefreshToken(refreshToken),
  };
  accessKey.purge();
  return { request, preKeys: made };
};

const keysOf = ({ account, passwordKeys }: MadeAccount, random: RandomSource): AccountKeys => {
  const { device, recoverySeed, root } = account;
  const context = { owner: { accountId: account.accountId, deviceId: device.deviceId }, random };
  const keys = {
    accountIdentityKey: root.accountIdentityKey,
    recoveryPublicKey: root.recoveryPublicKey,
    wrappedRecoverySeed: recoverySeedWrapping.wrap(recoverySeed, passwordKeys.passwordKey, context),
    wrappedLinkKey: linkKeyWrapping.wrap(device.linkKey, passwordKeys.passwordKey, context),
    identityKeyPair: kept(device.identityKeyPair.privateKey),
    deviceSigningKey: kept(device.signingKey),
    profileKey: kept(account.profileKey),
    storageKey: kept(account.storageKey),
    keysVersion: 0,
  };
  recoverySeed.purge();
  device.linkKey.purge();
  return keys;
};
