import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  ChallengeKey,
  createServerKeys,
  encodeServerKeyRing,
  loadServerKeys,
  Secret,
  type RandomSource,
  type ServerKeyRing,
} from '@sotto/crypto/server';
import type { ServerSecretRepository, ServerSecrets as StoredSecrets } from '../storage/server-secret-repository.js';
import type { Clock } from './clock.js';

/** Every key of this server, the same in all its processes. */
export interface ServerSecrets {
  readonly keyRing: ServerKeyRing;
  /** Signs access tokens. */
  readonly accessTokenKey: KeyObject;
  readonly challengeKey: ChallengeKey;
  /** Makes the stretching salts of names that nobody has. */
  readonly saltKey: Secret<'salt key'>;
}

const NAME = { accessTokenKey: 'access-token-key', challengeKey: 'challenge-key', saltKey: 'salt-key' } as const;
const KEY_LENGTH = 32;

const createSecrets = (random: RandomSource): StoredSecrets =>
  new Map([
    ...encodeServerKeyRing(createServerKeys(random)),
    [
      NAME.accessTokenKey,
      new Uint8Array(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })),
    ],
    [NAME.challengeKey, random.bytes(KEY_LENGTH)],
    [NAME.saltKey, random.bytes(KEY_LENGTH)],
  ]);

const required = (stored: StoredSecrets, name: string): Uint8Array<ArrayBuffer> => {
  const bytes = stored.get(name);
  if (bytes === undefined) throw new Error(`The stored server secret "${name}" is missing.`);
  return bytes;
};

/** The stored secrets, or new ones at the first start. Throws, naming the secret, if one is missing or damaged. */
export const loadServerSecrets = async (
  repository: ServerSecretRepository,
  random: RandomSource,
  clock: Clock,
): Promise<ServerSecrets> => {
  const stored = await repository.loadOrCreate(() => createSecrets(random), clock());
  return {
    keyRing: loadServerKeys(stored),
    accessTokenKey: createPrivateKey({
      key: Buffer.from(required(stored, NAME.accessTokenKey)),
      format: 'der',
      type: 'pkcs8',
    }),
    challengeKey: ChallengeKey.of(required(stored, NAME.challengeKey)),
    saltKey: new Secret('salt key', required(stored, NAME.saltKey)),
  };
};
