import {
  accessKeyVerifier,
  AuthenticationSecret,
  deriveAccessKey,
  deriveAccountRoot,
  deriveRecoveryBlobAccess,
  epochAfter,
  hashRefreshToken,
  listHash,
  ListHash,
  ProfileKey,
  recoveryAuthenticationHash,
  recoveryBlobHash,
  recoveryFetchVerifier,
  recoveryRequestHash,
  RecoverySeed,
  sealRecoveryBlob,
  signFirstList,
  SignInChallenge,
  signRecoveryRequest,
  signRootChange,
  signVeto,
  startEpoch,
  StorageKey,
  StretchSalt,
  systemRandom,
  type DeviceKeys,
  type DeviceList,
  type HeldRequestHash,
  type ListPlace,
  type RecoveryRequest as SignedRequest,
  type RootChangeAuthority,
} from '@sotto/crypto';
import { certificateHash, RootChangeBytes, rootChangeHash } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes, NewRootRequest, RecoveryFetched, RecoveryRequest } from '@sotto/protocol/wire';
import type { TestServer } from './test-servers.js';
import { succeed } from './rest-calls.js';
import { newDeviceKeys, newRefreshToken, preKeysOf, systemNow, type TestAccount } from './test-account.js';

/** Where and by whom a blob is sealed, and to which root, if not the account's first one. */
interface Sealing {
  readonly place: ListPlace;
  readonly device?: DeviceKeys;
  readonly version?: number;
  readonly seed?: RecoverySeed;
}

/** The keys of an account, sealed as a client seals them. */
export const blobOf = (account: TestAccount, { place, device, version = 0, seed }: Sealing) => {
  const { deviceId, signingKey } = device ?? account.keys.device;
  const keys = {
    storageKey: StorageKey.generate(systemRandom),
    profileKey: ProfileKey.generate(systemRandom),
    historyKey: undefined,
  };
  return sealRecoveryBlob(keys, {
    accountId: account.accountId,
    root: deriveAccountRoot(seed ?? account.keys.recoverySeed),
    place,
    storageRecordVersion: version,
    signer: { deviceId, signingKey },
    random: systemRandom,
  });
};

/** By what the server finds the blobs of a seed. */
export const accessOf = (seed: RecoverySeed) => {
  const { blobId, fetchSecret } = deriveRecoveryBlobAccess(seed);
  return { blobId, fetchSecretHash: recoveryFetchVerifier(fetchSecret) };
};

/** What shows that somebody holds a seed. */
export const fetchRequestOf = (seed: RecoverySeed) => {
  const { blobId, fetchSecret } = deriveRecoveryBlobAccess(seed);
  return { blobId, fetchSecret: fetchSecret.unwrap() };
};

/** The place of an account's genesis list. */
export const genesisPlace = ({ keys }: TestAccount): ListPlace => ({
  epoch: 0,
  number: 0,
  hash: listHash(keys.genesis.bytes),
});

/** Uploads the first blob of an account, as its first device does after registration. */
export const uploadBlob = (server: Pick<TestServer, 'address'>, account: TestAccount, token: string) =>
  succeed(server.address, 'putRecoveryBlob', {
    token,
    body: { access: accessOf(account.keys.recoverySeed), blob: blobOf(account, { place: genesisPlace(account) }) },
  });

export interface Comeback {
  readonly request: RecoveryRequest;
  readonly requestHash: HeldRequestHash;
  readonly device: DeviceKeys;
  readonly secret: Bytes;
  readonly salt: Bytes;
  readonly refreshToken: ReturnType<typeof newRefreshToken>;
}

export interface ComebackOptions {
  /** A new device, if absent. */
  readonly device?: DeviceKeys;
  readonly password?: { readonly salt: Bytes; readonly secret: Bytes };
  readonly seed?: RecoverySeed;
  readonly epoch?: number;
  readonly profileKey?: ProfileKey;
  /** Changes what is signed. */
  readonly claim?: (claim: SignedRequest) => SignedRequest;
}

const listed = (device: DeviceKeys, certificate: ReturnType<typeof startEpoch>['certificate']) => ({
  certificate,
  registrationId: device.registrationId,
  preKeys: preKeysOf(device, 2),
});

/** A recovery, made from nothing but the seed and what the server hands to its holder. */
export const comebackOf = (account: TestAccount, fetched: RecoveryFetched, options: ComebackOptions = {}): Comeback => {
  const seed = options.seed ?? account.keys.recoverySeed;
  const device = options.device ?? newDeviceKeys();
  const { accountId } = account;
  const epoch = options.epoch ?? epochAfter(fetched.head.epoch, fetched.serverTime);
  const { certificate, list } = startEpoch(seed, { accountId, epoch, device, issuedAt: systemNow() });
  const blob = blobOf(account, { place: { epoch, number: 0, hash: listHash(list.bytes) }, device, seed });
  const [secret, salt] = [systemRandom.bytes(32), systemRandom.bytes(16)];
  const cost = { memoryKiB: 65_536, iterations: 3, parallelism: 4 };
  const refreshToken = newRefreshToken();
  const claim: SignedRequest = {
    accountId,
    challenge: SignInChallenge.of(fetched.challenge),
    listHash: listHash(list.bytes),
    certificateHash: certificateHash(certificate.bytes),
    authenticationHash: recoveryAuthenticationHash(AuthenticationSecret.of(secret), {
      salt: StretchSalt.of(salt),
      cost,
    }),
    accessKeyVerifier: accessKeyVerifier(deriveAccessKey(options.profileKey ?? ProfileKey.generate(systemRandom))),
    refreshTokenHash: hashRefreshToken(refreshToken),
    blobHash: recoveryBlobHash(blob.bytes),
    provesPassword: options.password !== undefined,
  };
  const request: RecoveryRequest = {
    accountId,
    challenge: claim.challenge,
    signature: signRecoveryRequest(seed, options.claim?.(claim) ?? claim),
    authentication: { salt, cost, secret },
    list,
    device: listed(device, certificate),
    refreshTokenHash: claim.refreshTokenHash,
    accessKeyVerifier: claim.accessKeyVerifier,
    blob,
    ...(options.password === undefined ? {} : { password: options.password }),
  };
  return { request, requestHash: recoveryRequestHash(claim), device, secret, salt, refreshToken };
};

export const vetoOf = (
  account: TestAccount,
  requestHash: HeldRequestHash,
  device: DeviceKeys = account.keys.device,
) => {
  const { deviceId, linkKey } = device;
  return { requestHash, signature: signVeto(linkKey, { accountId: account.accountId, deviceId, requestHash }) };
};

export interface NewRoot {
  readonly request: NewRootRequest;
  readonly requestHash: HeldRequestHash;
  readonly seed: RecoverySeed;
}

/** Puts an account under another root, with the devices that it has. */
export const newRootOf = (
  account: TestAccount,
  authority: RootChangeAuthority,
  at: {
    readonly epochBefore: number;
    readonly now: UnixMs;
    readonly entries?: DeviceList['entries'];
    readonly seed?: RecoverySeed;
    readonly oldSeed?: RecoverySeed;
  },
): NewRoot => {
  const { accountId, keys } = account;
  const seed = at.seed ?? RecoverySeed.generate(systemRandom);
  const oldRoot = deriveAccountRoot(at.oldSeed ?? keys.recoverySeed);
  const rootChange = signRootChange(seed, { accountId, oldRoot, authority });
  const epoch = epochAfter(at.epochBefore, at.now);
  const entries = at.entries ?? [
    { deviceId: account.deviceId, certificateHash: certificateHash(keys.certificate.bytes) },
  ];
  const list = signFirstList(seed, { accountId, epoch, entries });
  const place = { epoch, number: 0, hash: ListHash.of(listHash(list.bytes)) };
  return {
    request: { rootChange, list, access: accessOf(seed), blob: blobOf(account, { place, seed }) },
    requestHash: rootChangeHash(RootChangeBytes.of(rootChange.bytes)),
    seed,
  };
};
