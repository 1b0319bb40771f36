import {
  accessKeyVerifier,
  createAccount,
  deriveAccessKey,
  hashRefreshToken,
  newStretchParameters,
  ProfileKey,
  RefreshToken,
  systemRandom,
  type NewAccount,
  type SignedDeviceList,
} from '@sotto/crypto';
import type { Username } from '@sotto/protocol/ids';
import type { RegisterRequest } from '@sotto/protocol/wire';
import type { AccountRecord } from '../account/types.js';
import { makePreKeys, uploadOf } from '../prekeys/new-pre-keys.js';
import { AccountRepository } from '../storage/account-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { PreKeyRepository } from '../storage/pre-key-repository.js';
import type { FakeServer } from './fake-server.js';

const NO_BYTES = new Uint8Array(32);

export const newAccount = (server: FakeServer): NewAccount =>
  createAccount({ random: systemRandom, clock: { now: () => server.now() } });

interface Made {
  readonly account: NewAccount;
  readonly database: ProfileDatabase;
}

const publishedPreKeys = (server: FakeServer, { account, database }: Made): RegisterRequest['device']['preKeys'] => {
  const store = new PreKeyRepository(database);
  const signer = { identityKey: account.device.identityKeyPair.privateKey, now: server.now() };
  const made = makePreKeys({ oneTime: 20, kyberOneTime: 20, signed: true, lastResort: true }, store, signer);
  store.add(made);
  const { signedPreKey, lastResortKyberPreKey, ...oneTime } = uploadOf(made, signer);
  if (signedPreKey === undefined || lastResortKyberPreKey === undefined) throw new Error('prekeys were not made');
  return { signedPreKey, lastResortKyberPreKey, ...oneTime };
};

const recordOf = (server: FakeServer, username: Username, account: NewAccount): AccountRecord => ({
  phase: 'registered',
  accountId: account.accountId,
  username,
  deviceId: account.device.deviceId,
  registrationId: account.device.registrationId,
  server: { origin: 'http://127.0.0.1:1', trustRoot: server.ring.trustRoot, keys: server.ring.signed, replaced: [] },
  keys: {
    accountIdentityKey: account.root.accountIdentityKey,
    recoveryPublicKey: account.root.recoveryPublicKey,
    identityKeyPair: new Uint8Array(account.device.identityKeyPair.privateKey.unwrap()),
    deviceSigningKey: new Uint8Array(account.device.signingKey.unwrap()),
    profileKey: new Uint8Array(account.profileKey.unwrap()),
    storageKey: new Uint8Array(account.storageKey.unwrap()),
    keysVersion: 0,
    wrappedRecoverySeed: NO_BYTES,
    wrappedLinkKey: NO_BYTES,
  },
  stretch: newStretchParameters(systemRandom),
  tokens: undefined,
  pendingRequest: undefined,
});

/** Makes an account as registration does, but for the password, and gives it to the server. */
export const registerAccount = (server: FakeServer, username: Username, made: Made): AccountRecord => {
  const { account, database } = made;
  const record = recordOf(server, username, account);
  const body = {
    accountId: record.accountId,
    username,
    authentication: { ...record.stretch, secret: NO_BYTES },
    accountIdentityKey: record.keys.accountIdentityKey,
    recoveryPublicKey: record.keys.recoveryPublicKey,
    accessKeyVerifier: accessKeyVerifier(deriveAccessKey(ProfileKey.of(record.keys.profileKey))),
    genesis: account.genesis,
    device: {
      certificate: account.certificate,
      registrationId: record.registrationId,
      preKeys: publishedPreKeys(server, made),
    },
    refreshTokenHash: hashRefreshToken(RefreshToken.generate(systemRandom)),
  };
  const answer = server.call('register', { body }, undefined);
  if (answer.outcome !== 'ok') throw new Error('the server does not register this account');
  new AccountRepository(database).save(record);
  return record;
};

/** Makes a further device of an account, with the keys that it would be given while it is linked. */
export const linkDevice = (
  server: FakeServer,
  first: AccountRecord,
  { list, ...made }: Made & { readonly list: SignedDeviceList },
): AccountRecord => {
  const { account, database } = made;
  const own = recordOf(server, first.username, account);
  const { profileKey, storageKey } = first.keys;
  const record: AccountRecord = { ...own, keys: { ...own.keys, profileKey, storageKey } };
  server.linkDevice(first.accountId, account.device.deviceId, {
    certificate: account.certificate,
    registrationId: record.registrationId,
    preKeys: publishedPreKeys(server, made),
  });
  server.appendList(first.accountId, list, [account.certificate]);
  new AccountRepository(database).save(record);
  return record;
};
