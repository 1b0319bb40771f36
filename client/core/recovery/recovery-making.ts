import {
  accessKeyVerifier,
  certificateHash,
  AuthenticationSecret,
  deriveAccessKey,
  epochAfter,
  generateDeviceKeys,
  hashRefreshToken,
  linkKeyWrapping,
  listHash,
  ProfileKey,
  recoveryAuthenticationHash,
  recoveryBlobHash,
  RefreshToken,
  SignInChallenge,
  signRecoveryRequest,
  startEpoch,
  StorageKey,
  type AccountRoot,
  type NewEpoch,
  type PasswordKeys,
  type RandomSource,
  type RecoverySeed,
  type Secret,
  type StretchParameters,
  type VerifiedHead,
} from '@sotto/crypto';
import { RecoveryRequest, type Bytes, type RecoveryFetched } from '@sotto/protocol/wire';
import type { AccountRecord, Atomically, PinnedServer } from '../account/types.js';
import { makePreKeys, uploadOf } from '../prekeys/new-pre-keys.js';
import type { PreKeyStore } from '../prekeys/types.js';
import { recoveryBlobOf } from './sealed-blob.js';

const ONE_TIME_KEYS = 100;

export interface RecoveryInput {
  readonly seed: RecoverySeed;
  readonly root: AccountRoot;
  readonly fetched: RecoveryFetched;
  readonly head: VerifiedHead;
  readonly server: PinnedServer;
  readonly storageRecordVersion: number;
  readonly password: { readonly keys: PasswordKeys; readonly stretch: StretchParameters };
  /** A password that is, or was lately, the account's. */
  readonly known: { readonly salt: Bytes; readonly secret: Bytes } | undefined;
}

export interface MakingParts {
  readonly preKeys: PreKeyStore;
  readonly atomically: Atomically;
  readonly random: RandomSource;
}

/** A copy for the encrypted database; the secret itself ends here. */
const kept = (secret: Secret<string>): Bytes => {
  const bytes = new Uint8Array(secret.unwrap());
  secret.purge();
  return bytes;
};

/**
 * Makes the one device of a new epoch, with new keys for everything that goes on from here: devices that were removed may know
 * the old ones (SPEC §11). Part of the transaction that stores it.
 */
export const makeRecovery = (input: RecoveryInput, parts: MakingParts): AccountRecord => {
  const { seed, root, fetched, head, server, storageRecordVersion, password } = input;
  const { accountId, username, serverTime } = fetched;
  const device = generateDeviceKeys(parts.random);
  const epoch = epochAfter(head.list.epoch, serverTime);
  const made = startEpoch(seed, { accountId, epoch, device, issuedAt: serverTime });
  const refreshToken = RefreshToken.generate(parts.random);
  const refreshTokenHash = hashRefreshToken(refreshToken);
  const context = { owner: { accountId, deviceId: device.deviceId }, random: parts.random };
  const record: AccountRecord = {
    phase: 'recovering',
    accountId,
    username,
    deviceId: device.deviceId,
    registrationId: device.registrationId,
    server,
    keys: {
      ...root,
      identityKeyPair: new Uint8Array(device.identityKeyPair.privateKey.unwrap()),
      deviceSigningKey: kept(device.signingKey),
      profileKey: kept(ProfileKey.generate(parts.random)),
      storageKey: kept(StorageKey.generate(parts.random)),
      keysVersion: storageRecordVersion + 1,
      wrappedRecoverySeed: undefined,
      wrappedLinkKey: linkKeyWrapping.wrap(device.linkKey, password.keys.passwordKey, context),
    },
    stretch: password.stretch,
    tokens: { refreshToken: kept(refreshToken), nextRefreshToken: undefined },
    pendingRequest: undefined,
  };
  device.linkKey.purge();
  const preKeys = newPreKeys(device.identityKeyPair.privateKey, fetched, parts);
  device.identityKeyPair.privateKey.purge();
  const request = requestOf(input, { made, epoch, record, preKeys, refreshTokenHash }, parts.random);
  return { ...record, pendingRequest: JSON.stringify(RecoveryRequest.encode(request)) };
};

const newPreKeys = (
  identityKey: Parameters<typeof uploadOf>[1]['identityKey'],
  { serverTime }: RecoveryFetched,
  { preKeys }: MakingParts,
): RecoveryRequest['device']['preKeys'] => {
  const signer = { identityKey, now: serverTime };
  const order = { oneTime: ONE_TIME_KEYS, kyberOneTime: ONE_TIME_KEYS, signed: true, lastResort: true };
  const made = makePreKeys(order, preKeys, signer);
  preKeys.add(made);
  const { signedPreKey, lastResortKyberPreKey, ...oneTime } = uploadOf(made, signer);
  if (signedPreKey === undefined || lastResortKyberPreKey === undefined) throw new Error('prekeys were not made');
  return { signedPreKey, lastResortKyberPreKey, ...oneTime };
};

interface Made {
  readonly made: NewEpoch;
  readonly epoch: number;
  readonly record: AccountRecord;
  readonly preKeys: RecoveryRequest['device']['preKeys'];
  readonly refreshTokenHash: ReturnType<typeof hashRefreshToken>;
}

const requestOf = (
  { seed, fetched, storageRecordVersion, password, known }: RecoveryInput,
  { made, epoch, record, preKeys, refreshTokenHash }: Made,
  random: RandomSource,
): RecoveryRequest => {
  const { certificate, list } = made;
  const blob = recoveryBlobOf(
    record,
    { ...record.keys, place: { epoch, number: 0, hash: listHash(list.bytes) }, storageRecordVersion },
    random,
  );
  const accessKey = deriveAccessKey(ProfileKey.of(record.keys.profileKey));
  const verifier = accessKeyVerifier(accessKey);
  accessKey.purge();
  const secret = new Uint8Array(password.keys.authenticationSecret.unwrap());
  const challenge = SignInChallenge.of(fetched.challenge);
  const signature = signRecoveryRequest(seed, {
    accountId: record.accountId,
    challenge,
    listHash: listHash(list.bytes),
    certificateHash: certificateHash(certificate.bytes),
    authenticationHash: recoveryAuthenticationHash(AuthenticationSecret.of(secret), password.stretch),
    accessKeyVerifier: verifier,
    refreshTokenHash,
    blobHash: recoveryBlobHash(blob.bytes),
    provesPassword: known !== undefined,
  });
  return {
    accountId: record.accountId,
    challenge,
    signature,
    authentication: { ...password.stretch, secret },
    list,
    device: { certificate, registrationId: record.registrationId, preKeys },
    refreshTokenHash,
    accessKeyVerifier: verifier,
    blob,
    ...(known === undefined ? {} : { password: known }),
  };
};
