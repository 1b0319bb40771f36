import {
  hashRefreshToken,
  linkKeyWrapping,
  PasswordKey,
  RefreshToken,
  type LinkJoin,
  type OwnDevice,
  type RandomSource,
  type ReceivedGrant,
} from '@sotto/crypto';
import { ActivateLinkRequest, type Bytes } from '@sotto/protocol/wire';
import type { AccountRecord, Atomically, PinnedServer } from '../account/types.js';
import type { Clock } from '../net/clock.js';
import { makePreKeys, uploadOf } from '../prekeys/new-pre-keys.js';
import type { PreKeyStore } from '../prekeys/types.js';
import type { GivenAccount } from './join-check.js';
import type { LinkJoinRecord, LinkJoinStore, StoredActivation } from './types.js';

const ONE_TIME_KEYS = 100;

export interface ActivationParts {
  readonly joins: LinkJoinStore;
  readonly preKeys: PreKeyStore;
  readonly atomically: Atomically;
  readonly random: RandomSource;
  readonly clock: Clock;
}

/**
 * Makes prekeys, the first refresh token and the request that turns this device into one of the account, and stores all of it
 * in one transaction before a byte of it leaves: whatever happens from here on, the same request is repeated.
 */
export const storeActivation = (
  { own, join, record }: { readonly own: OwnDevice; readonly join: LinkJoin; readonly record: LinkJoinRecord },
  { joins, preKeys, atomically, random, clock }: ActivationParts,
): LinkJoinRecord => {
  const refreshToken = RefreshToken.generate(random);
  return atomically(() => {
    const signer = { identityKey: own.keys.identityKeyPair.privateKey, now: clock.now() };
    const order = { oneTime: ONE_TIME_KEYS, kyberOneTime: ONE_TIME_KEYS, signed: true, lastResort: true };
    const made = makePreKeys(order, preKeys, signer);
    preKeys.add(made);
    const { signedPreKey, lastResortKyberPreKey, ...oneTime } = uploadOf(made, signer);
    if (signedPreKey === undefined || lastResortKyberPreKey === undefined) throw new Error('prekeys were not made');
    const request = ActivateLinkRequest.encode({
      claimant: record.claimant,
      certificate: join.certificate,
      registrationId: own.keys.registrationId,
      preKeys: { signedPreKey, lastResortKyberPreKey, ...oneTime },
      refreshTokenHash: hashRefreshToken(refreshToken),
    });
    const activation = { request: JSON.stringify(request), refreshToken: new Uint8Array(refreshToken.unwrap()) };
    refreshToken.purge();
    const stored = { ...record, activation };
    joins.save(stored);
    return stored;
  });
};

const kept = (secret: { unwrap(): Bytes }): Bytes => new Uint8Array(secret.unwrap());

/** The account as this device will keep it. Its link key is wrapped by the password, as on every other device; there is no recovery seed. */
export const joinedAccount = (
  {
    received,
    given,
    server,
    activation,
  }: {
    readonly received: ReceivedGrant;
    readonly given: GivenAccount;
    readonly server: PinnedServer;
    readonly activation: StoredActivation;
  },
  random: RandomSource,
): AccountRecord => {
  const { accountId, username } = given;
  const { deviceId, registrationId, identityKeyPair, signingKey, linkKey } = received.own.keys;
  const passwordKey = PasswordKey.of(given.passwordKey);
  const wrappedLinkKey = linkKeyWrapping.wrap(linkKey, passwordKey, { owner: { accountId, deviceId }, random });
  passwordKey.purge();
  given.passwordKey.fill(0);
  return {
    phase: 'registered',
    accountId,
    username,
    deviceId,
    registrationId,
    server,
    keys: {
      accountIdentityKey: given.accountIdentityKey,
      recoveryPublicKey: given.recoveryPublicKey,
      identityKeyPair: kept(identityKeyPair.privateKey),
      deviceSigningKey: kept(signingKey),
      profileKey: given.profileKey,
      storageKey: given.storageKey,
      keysVersion: given.storageRecordVersion,
      wrappedRecoverySeed: undefined,
      wrappedLinkKey,
    },
    stretch: given.parameters,
    tokens: { refreshToken: activation.refreshToken, nextRefreshToken: undefined },
    pendingRequest: undefined,
  };
};
