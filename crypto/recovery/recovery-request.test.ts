import { describe, expect, it } from '@jest/globals';
import {
  AccessKeyVerifier,
  AuthenticationSecret,
  CertificateHash,
  ListHash,
  RecoveryAuthenticationHash,
  RecoveryBlobHash,
  RefreshTokenHash,
  SignInChallenge,
  StretchSalt,
} from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { testAccount } from '../testing/test-account.js';
import { XEdDsaSignature } from '../keys.js';
import {
  recoveryAuthenticationHash,
  recoveryRequestHash,
  signRecoveryRequest,
  verifyRecoveryRequest,
  type RecoveryRequest,
} from './recovery-request.js';

const random = seededRandomForTesting('recovery request');
const { account } = testAccount('alice');
const mallory = testAccount('mallory').account;
const salt = StretchSalt.of(random.bytes(16));
const cost = { memoryKiB: 65_536, iterations: 3, parallelism: 4 };
const secret = AuthenticationSecret.generate(random);

const request: RecoveryRequest = {
  accountId: account.accountId,
  challenge: SignInChallenge.of(random.bytes(40)),
  listHash: ListHash.of(random.bytes(32)),
  certificateHash: CertificateHash.of(random.bytes(32)),
  authenticationHash: recoveryAuthenticationHash(secret, { salt, cost }),
  accessKeyVerifier: AccessKeyVerifier.of(random.bytes(32)),
  refreshTokenHash: RefreshTokenHash.of(random.bytes(32)),
  blobHash: RecoveryBlobHash.of(random.bytes(32)),
  provesPassword: false,
};
const signature = signRecoveryRequest(account.recoverySeed, request);
const key = account.root.accountIdentityKey;

const CHANGES: readonly (readonly [string, Partial<RecoveryRequest>])[] = [
  ['account', { accountId: mallory.accountId }],
  ['challenge', { challenge: SignInChallenge.of(random.bytes(40)) }],
  ['list', { listHash: ListHash.of(random.bytes(32)) }],
  ['certificate', { certificateHash: CertificateHash.of(random.bytes(32)) }],
  ['password', { authenticationHash: RecoveryAuthenticationHash.of(random.bytes(32)) }],
  ['access key', { accessKeyVerifier: AccessKeyVerifier.of(random.bytes(32)) }],
  ['refresh token', { refreshTokenHash: RefreshTokenHash.of(random.bytes(32)) }],
  ['blob', { blobHash: RecoveryBlobHash.of(random.bytes(32)) }],
  ['password proof', { provesPassword: true }],
];

describe('a recovery request', () => {
  it('verifies as it was signed, and leaves the seed to its holder', () => {
    expect(verifyRecoveryRequest(key, request, signature)).toBe(true);
    expect(() => account.recoverySeed.unwrap()).not.toThrow();
  });

  it.each(CHANGES)('does not verify with another %s, and has another name', (_, change) => {
    const changed = { ...request, ...change };
    expect(verifyRecoveryRequest(key, changed, signature)).toBe(false);
    expect(recoveryRequestHash(changed)).not.toEqual(recoveryRequestHash(request));
  });

  it('does not verify under another root', () => {
    expect(verifyRecoveryRequest(mallory.root.accountIdentityKey, request, signature)).toBe(false);
  });

  it('does not verify with any bit of the signature flipped', () => {
    for (const { bytes } of flippedBits(signature))
      expect(verifyRecoveryRequest(key, request, XEdDsaSignature.of(bytes))).toBe(false);
  });

  it('has one name, however often it is signed', () => {
    signRecoveryRequest(account.recoverySeed, request);
    expect(recoveryRequestHash({ ...request })).toEqual(recoveryRequestHash(request));
  });
});

describe('recoveryAuthenticationHash', () => {
  const own = recoveryAuthenticationHash(secret, { salt, cost });

  it.each([
    ['secret', AuthenticationSecret.generate(random), { salt, cost }],
    ['salt', secret, { salt: StretchSalt.of(random.bytes(16)), cost }],
    ['memory', secret, { salt, cost: { ...cost, memoryKiB: 65_537 } }],
    ['passes', secret, { salt, cost: { ...cost, iterations: 4 } }],
    ['lanes', secret, { salt, cost: { ...cost, parallelism: 3 } }],
  ])('is another with another %s', (_, otherSecret, stretchedWith) => {
    expect(recoveryAuthenticationHash(otherSecret, stretchedWith)).not.toEqual(own);
  });
});
