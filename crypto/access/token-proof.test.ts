import { describe, expect, it } from '@jest/globals';
import { deviceSigningPublicKeyOf } from '../identity/device-keys.js';
import { DeviceSigningKey, Ed25519Signature, RefreshToken, SignInChallenge } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { testAccount } from '../testing/test-account.js';
import {
  hashRefreshToken,
  signDeletionProof,
  signRefreshProof,
  signSignInProof,
  verifyDeletionProof,
  verifyRefreshProof,
  verifySignInProof,
  type DeletionProof,
  type RefreshProof,
  type SignInProof,
} from './token-proof.js';

const random = seededRandomForTesting('tokens');
const { account } = testAccount('tokens');
const { account: other } = testAccount('other tokens');
const { signingKey, deviceId } = account.device;
const publicKey = deviceSigningPublicKeyOf(signingKey);
const foreignKey = deviceSigningPublicKeyOf(DeviceSigningKey.generate(random));
const token = () => hashRefreshToken(RefreshToken.generate(random));

const refresh: RefreshProof = {
  accountId: account.accountId,
  deviceId,
  refreshTokenHash: token(),
  nextRefreshTokenHash: token(),
};
const signIn: SignInProof = {
  accountId: account.accountId,
  deviceId,
  challenge: SignInChallenge.of(random.bytes(40)),
  refreshTokenHash: token(),
};

describe('hashRefreshToken', () => {
  it('is another hash for every token that differs in one bit', () => {
    const secret = RefreshToken.generate(random);
    const hash = hashRefreshToken(secret);
    expect(hashRefreshToken(RefreshToken.of(secret.unwrap()))).toEqual(hash);
    for (const { bytes } of flippedBits(secret.unwrap()))
      expect(hashRefreshToken(RefreshToken.of(bytes))).not.toEqual(hash);
  });
});

describe('a refresh proof', () => {
  const signature = signRefreshProof(signingKey, refresh);

  it('verifies for exactly the refresh that was asked for', () => {
    expect(verifyRefreshProof(publicKey, refresh, signature)).toBe(true);
  });

  it.each<[string, RefreshProof]>([
    ['account', { ...refresh, accountId: other.accountId }],
    ['device', { ...refresh, deviceId: other.device.deviceId }],
    ['token', { ...refresh, refreshTokenHash: token() }],
    ['next token', { ...refresh, nextRefreshTokenHash: token() }],
    [
      'order of the tokens',
      { ...refresh, refreshTokenHash: refresh.nextRefreshTokenHash, nextRefreshTokenHash: refresh.refreshTokenHash },
    ],
  ])('does not verify for another %s', (_, proof) => {
    expect(verifyRefreshProof(publicKey, proof, signature)).toBe(false);
  });

  it('does not verify under another key or with a flipped bit', () => {
    expect(verifyRefreshProof(foreignKey, refresh, signature)).toBe(false);
    for (const { bytes } of flippedBits(signature))
      expect(verifyRefreshProof(publicKey, refresh, Ed25519Signature.of(bytes))).toBe(false);
  });
});

describe('a sign-in proof', () => {
  const signature = signSignInProof(signingKey, signIn);

  it('verifies for exactly the sign-in that was asked for', () => {
    expect(verifySignInProof(publicKey, signIn, signature)).toBe(true);
  });

  it.each<[string, SignInProof]>([
    ['account', { ...signIn, accountId: other.accountId }],
    ['device', { ...signIn, deviceId: other.device.deviceId }],
    ['challenge', { ...signIn, challenge: SignInChallenge.of(random.bytes(40)) }],
    ['token', { ...signIn, refreshTokenHash: token() }],
  ])('does not verify for another %s', (_, proof) => {
    expect(verifySignInProof(publicKey, proof, signature)).toBe(false);
  });

  it('does not verify under another key or with a flipped bit', () => {
    expect(verifySignInProof(foreignKey, signIn, signature)).toBe(false);
    for (const { bytes } of flippedBits(signature))
      expect(verifySignInProof(publicKey, signIn, Ed25519Signature.of(bytes))).toBe(false);
  });

  it('is worth nothing as a refresh proof, nor the other way round', () => {
    expect(verifyRefreshProof(publicKey, refresh, signature)).toBe(false);
    expect(verifySignInProof(publicKey, signIn, signRefreshProof(signingKey, refresh))).toBe(false);
  });
});

describe('a deletion proof', () => {
  const deletion: DeletionProof = {
    accountId: account.accountId,
    deviceId,
    challenge: SignInChallenge.of(random.bytes(40)),
  };
  const signature = signDeletionProof(signingKey, deletion);

  it('verifies for exactly the account, device and challenge', () => {
    expect(verifyDeletionProof(publicKey, deletion, signature)).toBe(true);
    const others: DeletionProof[] = [
      { ...deletion, accountId: other.accountId },
      { ...deletion, deviceId: other.device.deviceId },
      { ...deletion, challenge: SignInChallenge.of(random.bytes(40)) },
    ];
    for (const proof of others) expect(verifyDeletionProof(publicKey, proof, signature)).toBe(false);
  });

  it('does not verify under another key, with a flipped bit, or as a sign-in', () => {
    expect(verifyDeletionProof(foreignKey, deletion, signature)).toBe(false);
    for (const { bytes } of flippedBits(signature))
      expect(verifyDeletionProof(publicKey, deletion, Ed25519Signature.of(bytes))).toBe(false);
    expect(verifyDeletionProof(publicKey, deletion, signSignInProof(signingKey, signIn))).toBe(false);
  });
});
