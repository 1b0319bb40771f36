import {
  accessKeyVerifier,
  createAccount,
  deriveAccessKey,
  generateDeviceKeys,
  generateKyberPreKey,
  generatePreKey,
  generateSignedPreKey,
  hashRefreshToken,
  parsePreKeyId,
  publicKyberPreKey,
  publicPreKey,
  publicSignedPreKey,
  RefreshToken,
  signRefreshProof,
  signSignInProof,
  SignInChallenge,
  systemRandom,
  type DeviceKeys,
  type NewAccount,
} from '@sotto/crypto';
import { parseUnixMs, parseUsername, type Username } from '@sotto/protocol/ids';
import type { Bytes, RefreshRequest, RegisterRequest, SignInRequest } from '@sotto/protocol/wire';

const required = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('A value that tests make is malformed');
  return value;
};

export const systemNow = () => required(parseUnixMs(Date.now()));

/** The schemas want bytes with a buffer of their own. */
const owned = <Key extends { readonly publicKey: Uint8Array; readonly signature?: Uint8Array }>(key: Key) => ({
  ...key,
  publicKey: new Uint8Array(key.publicKey),
  signature: new Uint8Array(key.signature ?? []),
});

const ownedUnsigned = ({ id, publicKey }: ReturnType<typeof publicPreKey>) => ({
  id,
  publicKey: new Uint8Array(publicKey),
});

/** Prekeys of one device as it uploads them, `count` one-time keys of each kind with ids from `firstId` on. */
export const preKeysOf = (device: DeviceKeys, count: number, firstId = 1): RegisterRequest['device']['preKeys'] => {
  const signer = { identityKey: device.identityKeyPair.privateKey, now: systemNow() };
  const idAt = (index: number) => required(parsePreKeyId(firstId + index));
  const ids = Array.from({ length: count }, (_, index) => idAt(index));
  return {
    signedPreKey: owned(publicSignedPreKey(generateSignedPreKey(idAt(count), signer))),
    lastResortKyberPreKey: owned(publicKyberPreKey(generateKyberPreKey(idAt(count), signer))),
    oneTimePreKeys: ids.map((id) => ownedUnsigned(publicPreKey(generatePreKey(id)))),
    oneTimeKyberPreKeys: ids.map((id) => owned(publicKyberPreKey(generateKyberPreKey(id, signer)))),
  };
};

/** An account and its first device as a client keeps them: real keys, random bytes where a password would be stretched. */
export class TestAccount {
  readonly username: Username;
  readonly keys: NewAccount;
  readonly secret: Bytes = systemRandom.bytes(32);
  readonly salt: Bytes = systemRandom.bytes(16);
  refreshToken = RefreshToken.generate(systemRandom);

  constructor(username: string) {
    this.username = required(parseUsername(username));
    this.keys = createAccount({ random: systemRandom, clock: { now: systemNow } });
  }

  get accountId() {
    return this.keys.accountId;
  }

  get deviceId() {
    return this.keys.device.deviceId;
  }

  get accessKey(): Bytes {
    return deriveAccessKey(this.keys.profileKey).unwrap();
  }

  registerRequest(changes: Partial<RegisterRequest> = {}, oneTimePreKeys = 2): RegisterRequest {
    const { root, genesis, certificate, device, profileKey } = this.keys;
    return {
      accountId: this.accountId,
      username: this.username,
      authentication: {
        salt: this.salt,
        cost: { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
        secret: this.secret,
      },
      accountIdentityKey: root.accountIdentityKey,
      recoveryPublicKey: root.recoveryPublicKey,
      accessKeyVerifier: accessKeyVerifier(deriveAccessKey(profileKey)),
      genesis,
      device: { certificate, registrationId: device.registrationId, preKeys: preKeysOf(device, oneTimePreKeys) },
      refreshTokenHash: hashRefreshToken(this.refreshToken),
      ...changes,
    };
  }

  /** Asks for `next` in place of `current`, signed by the device. */
  refreshRequest(current: RefreshToken, next: RefreshToken, device: DeviceKeys = this.keys.device): RefreshRequest {
    const nextRefreshTokenHash = hashRefreshToken(next);
    const proof = {
      accountId: this.accountId,
      deviceId: device.deviceId,
      refreshTokenHash: hashRefreshToken(current),
      nextRefreshTokenHash,
    };
    return {
      accountId: this.accountId,
      deviceId: device.deviceId,
      refreshToken: current.unwrap(),
      nextRefreshTokenHash,
      signature: signRefreshProof(device.signingKey, proof),
    };
  }

  /** Signs a device in; its first refresh token becomes `refreshToken`. */
  signInRequest(challengeBytes: Uint8Array, device: DeviceKeys = this.keys.device): SignInRequest {
    this.refreshToken = RefreshToken.generate(systemRandom);
    const challenge = SignInChallenge.of(challengeBytes);
    const refreshTokenHash = hashRefreshToken(this.refreshToken);
    const { deviceId, signingKey } = device;
    const signature = signSignInProof(signingKey, { accountId: this.accountId, deviceId, challenge, refreshTokenHash });
    return {
      identifier: this.username,
      secret: this.secret,
      device: { deviceId, challenge, refreshTokenHash, signature },
    };
  }
}

export const newRefreshToken = (): RefreshToken => RefreshToken.generate(systemRandom);

/** Keys of a device that no list names yet. */
export const newDeviceKeys = (): DeviceKeys => generateDeviceKeys(systemRandom);
