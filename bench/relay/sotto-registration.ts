import { randomUUID } from 'node:crypto';
import {
  accessKeyVerifier,
  createAccount,
  deriveAccessKey,
  generateKyberPreKey,
  generateSignedPreKey,
  hashRefreshToken,
  parsePreKeyId,
  publicKyberPreKey,
  publicSignedPreKey,
  RefreshToken,
  systemRandom,
} from '@sotto/crypto';
import {
  parseEnvelopeId,
  parseUnixMs,
  parseUsername,
  type AccountId,
  type DeviceId,
  type EnvelopeId,
} from '@sotto/protocol/ids';
import { Registered, RegisterRequest, ROUTES } from '@sotto/protocol/wire';
import { z } from 'zod';

/** A user of the server under load: real signed structures, opaque messages. */
export interface LoadUser {
  readonly username: string;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly registrationId: number;
  readonly accessToken: string;
  /** What gets the device its next access token. */
  readonly refreshToken: RefreshToken;
  readonly signingKey: ReturnType<typeof createAccount>['device']['signingKey'];
}

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a constant of the benchmark is wrong');
  return value;
};

/** The schemas want bytes with a buffer of their own. */
const signedKey = ({ id, publicKey, signature }: ReturnType<typeof publicSignedPreKey>) => ({
  id,
  publicKey: new Uint8Array(publicKey),
  signature: new Uint8Array(signature),
});

const now = () => known(parseUnixMs(Date.now()));
const FIRST_KEY = known(parsePreKeyId(1));

/** Registers over REST as a client does, but with random bytes where a client has stretched a password. */
export const registerLoadUser = async (address: string, name: string): Promise<LoadUser> => {
  const account = createAccount({ random: systemRandom, clock: { now } });
  const { device } = account;
  const refreshToken = RefreshToken.generate(systemRandom);
  const signer = { identityKey: device.identityKeyPair.privateKey, now: now() };
  const body = z.encode(RegisterRequest, {
    accountId: account.accountId,
    username: known(parseUsername(name)),
    authentication: {
      salt: systemRandom.bytes(16),
      cost: { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
      secret: systemRandom.bytes(32),
    },
    accountIdentityKey: account.root.accountIdentityKey,
    recoveryPublicKey: account.root.recoveryPublicKey,
    accessKeyVerifier: accessKeyVerifier(deriveAccessKey(account.profileKey)),
    genesis: account.genesis,
    device: {
      certificate: account.certificate,
      registrationId: device.registrationId,
      preKeys: {
        signedPreKey: signedKey(publicSignedPreKey(generateSignedPreKey(FIRST_KEY, signer))),
        lastResortKyberPreKey: signedKey(publicKyberPreKey(generateKyberPreKey(FIRST_KEY, signer))),
        oneTimePreKeys: [],
        oneTimeKyberPreKeys: [],
      },
    },
    refreshTokenHash: hashRefreshToken(refreshToken),
  });
  const response = await fetch(address + ROUTES.register.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`registration refused: ${JSON.stringify(answer)}`);
  return {
    username: name,
    refreshToken,
    signingKey: device.signingKey,
    accountId: account.accountId,
    deviceId: device.deviceId,
    registrationId: device.registrationId,
    accessToken: z.decode(Registered, answer as z.input<typeof Registered>).grant.accessToken,
  };
};

/** The server hashes a bounded number of secrets at once. */
const REGISTRATIONS_AT_ONCE = 4;

/** Adds users until there are `count`, one small group after the other. */
export const registerLoadUsers = async (address: string, users: LoadUser[], count: number): Promise<void> => {
  while (users.length < count) {
    const from = users.length;
    const group = Array.from({ length: Math.min(REGISTRATIONS_AT_ONCE, count - from) }, (_, index) =>
      registerLoadUser(address, `load${String(from + index)}`),
    );
    users.push(...(await Promise.all(group)));
  }
};

export const newEnvelopeId = (): EnvelopeId => {
  const id = parseEnvelopeId(randomUUID());
  if (id === undefined) throw new Error('randomUUID gave no UUID');
  return id;
};
