import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, labelBytes } from '../bytes.js';
import {
  Ed25519Signature,
  RefreshTokenHash,
  type Bytes,
  type DeviceSigningKey,
  type DeviceSigningPublicKey,
  type RefreshToken,
  type SignInChallenge,
} from '../keys.js';
import { LABELS } from '../labels.js';

/** What a device signs to exchange its refresh token for the next: a stolen token alone refreshes nothing (SPEC §4.4). */
export interface RefreshProof {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Hash of the token that is given up. */
  readonly refreshTokenHash: RefreshTokenHash;
  /** Hash of the token that replaces it. */
  readonly nextRefreshTokenHash: RefreshTokenHash;
}

/** What a device signs to sign in: the challenge makes the signature worthless minutes later (SPEC §4.3). */
export interface SignInProof {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly challenge: SignInChallenge;
  /** Hash of the first token of the new family. */
  readonly refreshTokenHash: RefreshTokenHash;
}

/** What a device signs to delete its account: neither a stolen token nor a password alone ends a person's account (SPEC §4.9). */
export interface DeletionProof {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly challenge: SignInChallenge;
}

/** All that the server keeps of a refresh token. 32 bytes. */
export const hashRefreshToken = (token: RefreshToken): RefreshTokenHash =>
  RefreshTokenHash.of(sha256(labelBytes(LABELS.refreshTokenHash), token.unwrap()));

const refreshProofBytes = (proof: RefreshProof): Bytes =>
  new CanonicalWriter(LABELS.refreshProof)
    .id(proof.accountId)
    .id(proof.deviceId)
    .fixed(proof.refreshTokenHash)
    .fixed(proof.nextRefreshTokenHash)
    .finish();

const signInProofBytes = (proof: SignInProof): Bytes =>
  new CanonicalWriter(LABELS.signInProof)
    .id(proof.accountId)
    .id(proof.deviceId)
    .fixed(proof.challenge)
    .fixed(proof.refreshTokenHash)
    .finish();

const deletionProofBytes = (proof: DeletionProof): Bytes =>
  new CanonicalWriter(LABELS.deletionProof).id(proof.accountId).id(proof.deviceId).fixed(proof.challenge).finish();

/** Signs a refresh with the device signing key. */
export const signRefreshProof = (signingKey: DeviceSigningKey, proof: RefreshProof): Ed25519Signature =>
  Ed25519Signature.of(ed25519Sign(signingKey.unwrap(), refreshProofBytes(proof)));

/** Did the device with this signing key ask for exactly this refresh? */
export const verifyRefreshProof = (
  signingKey: DeviceSigningPublicKey,
  proof: RefreshProof,
  signature: Ed25519Signature,
): boolean => ed25519Verify(signingKey, refreshProofBytes(proof), signature);

/** Signs a sign-in with the device signing key. */
export const signSignInProof = (signingKey: DeviceSigningKey, proof: SignInProof): Ed25519Signature =>
  Ed25519Signature.of(ed25519Sign(signingKey.unwrap(), signInProofBytes(proof)));

/** Did the device with this signing key ask for exactly this sign-in? Whether the challenge is fresh is asked apart. */
export const verifySignInProof = (
  signingKey: DeviceSigningPublicKey,
  proof: SignInProof,
  signature: Ed25519Signature,
): boolean => ed25519Verify(signingKey, signInProofBytes(proof), signature);

/** Signs the deletion of the account with the device signing key. */
export const signDeletionProof = (signingKey: DeviceSigningKey, proof: DeletionProof): Ed25519Signature =>
  Ed25519Signature.of(ed25519Sign(signingKey.unwrap(), deletionProofBytes(proof)));

/** Did the device with this signing key ask to delete exactly this account? Whether the challenge is fresh is asked apart. */
export const verifyDeletionProof = (
  signingKey: DeviceSigningPublicKey,
  proof: DeletionProof,
  signature: Ed25519Signature,
): boolean => ed25519Verify(signingKey, deletionProofBytes(proof), signature);
