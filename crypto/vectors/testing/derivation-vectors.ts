import { accessKeyVerifier } from '../../access/access-key.js';
import { issueSignInChallenge } from '../../access/sign-in-challenge.js';
import { hashRefreshToken } from '../../access/token-proof.js';
import { deriveAccessKey } from '../../backend/profile.js';
import { deriveAccountIdentityPrivateKey, deriveAccountRoot, rootHash } from '../../identity/account-root.js';
import { deviceIdOf } from '../../identity/device-id.js';
import { identityKeyPairOf } from '../../identity/device-keys.js';
import { ChallengeKey, IdentityPrivateKey, ProfileKey, RecoverySeed, RefreshToken, StretchSalt } from '../../keys.js';
import { parsePassword } from '../../password/password.js';
import { derivePassphraseKey, derivePasswordKeys } from '../../password/stretch.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { NOW, testAccount } from '../../testing/test-account.js';
import { safetyNumberOf } from '../../safety-number/safety-number.js';
import { toHex } from './hex.js';

const ROUNDS = 4;
const times = <Value>(make: () => Value): readonly Value[] => Array.from({ length: ROUNDS }, make);

const PASSWORDS = ['correct horse battery staple', 'Zu\u0308rich １２３ ﬁsh', 'пароль 密码 🔑'];
const COSTS = [
  { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
  { memoryKiB: 65_536, iterations: 3, parallelism: 1 },
  { memoryKiB: 131_072, iterations: 4, parallelism: 2 },
];

/** Everything that is computed of something else, and nothing random in between. */
export const derivationVectors = async () => {
  const random = seededRandomForTesting('vectors: derivations');
  const password = async (typed: string, index: number) => {
    const salt = StretchSalt.of(random.bytes(16));
    const cost = COSTS[index] ?? { memoryKiB: 65_536, iterations: 3, parallelism: 4 };
    const parsed = parsePassword(typed);
    if (parsed === undefined) throw new Error('A password of the generator is none.');
    const keys = await derivePasswordKeys(parsed, { salt, cost });
    return {
      password: typed,
      salt: toHex(salt),
      cost,
      authenticationSecret: toHex(keys.authenticationSecret.unwrap()),
      passwordKey: toHex(keys.passwordKey.unwrap()),
      passphraseKey: toHex((await derivePassphraseKey(parsed, { salt, cost })).unwrap()),
    };
  };
  const side = (seed: string) => {
    const { account } = testAccount(seed);
    return { accountId: account.accountId, accountIdentityKey: account.root.accountIdentityKey };
  };
  const [own, peer] = [side('vectors: own'), side('vectors: peer')];
  return {
    deviceIds: times(() => {
      const { publicKey } = identityKeyPairOf(IdentityPrivateKey.generate(random));
      return { identityKey: toHex(publicKey), deviceId: deviceIdOf(publicKey) };
    }),
    roots: times(() => {
      const seed = RecoverySeed.generate(random);
      const root = deriveAccountRoot(seed);
      return {
        recoverySeed: toHex(seed.unwrap()),
        accountIdentityPrivateKey: toHex(deriveAccountIdentityPrivateKey(seed).unwrap()),
        accountIdentityKey: toHex(root.accountIdentityKey),
        recoveryPublicKey: toHex(root.recoveryPublicKey),
        rootHash: toHex(rootHash(root)),
      };
    }),
    accessKeys: times(() => {
      const profileKey = ProfileKey.generate(random);
      const accessKey = deriveAccessKey(profileKey);
      return {
        profileKey: toHex(profileKey.unwrap()),
        accessKey: toHex(accessKey.unwrap()),
        verifier: toHex(accessKeyVerifier(accessKey)),
      };
    }),
    refreshTokens: times(() => {
      const token = RefreshToken.generate(random);
      return { token: toHex(token.unwrap()), hash: toHex(hashRefreshToken(token)) };
    }),
    challenges: times(() => {
      const key = ChallengeKey.generate(random);
      return { key: toHex(key.unwrap()), time: NOW, challenge: toHex(issueSignInChallenge(key, NOW)) };
    }),
    passwords: await Promise.all(PASSWORDS.map(password)),
    safetyNumber: {
      own: { accountId: own.accountId, accountIdentityKey: toHex(own.accountIdentityKey) },
      peer: { accountId: peer.accountId, accountIdentityKey: toHex(peer.accountIdentityKey) },
      digits: safetyNumberOf(own, peer).digits,
      scannable: toHex(safetyNumberOf(own, peer).scannable),
    },
  };
};

export type DerivationVectors = Awaited<ReturnType<typeof derivationVectors>>;
