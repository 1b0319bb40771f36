import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { sha256 } from '../backend/noble.js';
import { xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import { CanonicalWriter, readCanonical, type CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import {
  AccountIdentityKey,
  Ed25519Signature,
  HeldRequestHash,
  RecoveryPublicKey,
  RootChangeBytes,
  RootHash,
  XEdDsaSignature,
  type LinkKey,
  type RecoverySeed,
} from '../keys.js';
import { LABELS } from '../labels.js';
import { deriveAccountIdentityPrivateKey, deriveAccountRoot, rootHash, type AccountRoot } from './account-root.js';
import type { VerifiedHead } from './verified-head.js';

/** Who says for the account that the new root is its own: the old recovery key, or a device while the paper is lost. */
export type RootChangeSigner =
  { readonly kind: 'accountIdentityKey' } | { readonly kind: 'linkKey'; readonly deviceId: DeviceId };

/** The statement that an account goes on under another root (SPEC §3.8). */
export interface RootChange {
  readonly accountId: AccountId;
  readonly oldRoot: RootHash;
  readonly newRoot: AccountRoot;
  readonly signer: RootChangeSigner;
}

/** Canonical bytes, signed by the new account identity key and by the one who speaks for the account. */
export interface SignedRootChange {
  readonly bytes: RootChangeBytes;
  readonly newRootSignature: XEdDsaSignature;
  readonly signerSignature: XEdDsaSignature | Ed25519Signature;
}

/** The same as it comes from outside. */
export interface UntrustedRootChange {
  readonly bytes: Uint8Array;
  readonly newRootSignature: Uint8Array;
  readonly signerSignature: Uint8Array;
}

export type RootChangeRefusal =
  | 'malformedRootChange'
  | 'foreignAccount'
  /** Says that it follows another root than the present one: an old statement, shown again. */
  | 'foreignRoot'
  /** Back to a root that the account has left, or to the one that it has. */
  | 'formerRoot'
  | 'signerNotListed'
  | 'signerCannotLink'
  | 'badSignature';

export type RootChangeVerdict =
  | { readonly outcome: 'valid'; readonly change: RootChange }
  | { readonly outcome: 'refused'; readonly reason: RootChangeRefusal };

const NO_DEVICE = new Uint8Array(16);

const encodeRootChange = ({ accountId, oldRoot, newRoot, signer }: RootChange): RootChangeBytes => {
  const writer = new CanonicalWriter(LABELS.rootChange)
    .id(accountId)
    .fixed(oldRoot)
    .fixed(newRoot.accountIdentityKey)
    .fixed(newRoot.recoveryPublicKey);
  if (signer.kind === 'accountIdentityKey') writer.u8(1).fixed(NO_DEVICE);
  else writer.u8(2).id(signer.deviceId);
  return RootChangeBytes.of(writer.finish());
};

const readSigner = (reader: CanonicalReader): RootChangeSigner => {
  switch (reader.u8()) {
    case 1:
      return constantTimeEqual(reader.fixed(16), NO_DEVICE) ? { kind: 'accountIdentityKey' } : reader.refuse();
    case 2:
      return { kind: 'linkKey', deviceId: reader.deviceId() };
    default:
      return reader.refuse();
  }
};

/** The fields of a statement; `undefined` unless the bytes are the encoding of one. Says nothing about who made it. */
export const parseRootChange = (bytes: Uint8Array): RootChange | undefined =>
  readCanonical(bytes, LABELS.rootChange, (reader) => ({
    accountId: reader.accountId(),
    oldRoot: RootHash.of(reader.fixed(32)),
    newRoot: {
      accountIdentityKey: reader.required(AccountIdentityKey.parse(reader.fixed(33))),
      recoveryPublicKey: RecoveryPublicKey.of(reader.fixed(1_216)),
    },
    signer: readSigner(reader),
  }));

/** Names a statement while it waits: what a veto refers to. */
export const rootChangeHash = (bytes: RootChangeBytes): HeldRequestHash => HeldRequestHash.of(sha256(bytes));

const signAsRoot = (seed: RecoverySeed, bytes: RootChangeBytes): XEdDsaSignature => {
  const privateKey = deriveAccountIdentityPrivateKey(seed);
  try {
    return xEdDsaSign(privateKey, bytes);
  } finally {
    privateKey.purge();
  }
};

/** By what the account speaks: the seed of the old root, or the link key of an active device. */
export type RootChangeAuthority =
  | { readonly kind: 'recoverySeed'; readonly seed: RecoverySeed }
  | { readonly kind: 'linkKey'; readonly deviceId: DeviceId; readonly linkKey: LinkKey };

/** Signs that the account goes on under the root of `newSeed`. */
export const signRootChange = (
  newSeed: RecoverySeed,
  change: { readonly accountId: AccountId; readonly oldRoot: AccountRoot; readonly authority: RootChangeAuthority },
): SignedRootChange => {
  const { accountId, oldRoot, authority } = change;
  const bytes = encodeRootChange({
    accountId,
    oldRoot: rootHash(oldRoot),
    newRoot: deriveAccountRoot(newSeed),
    signer:
      authority.kind === 'recoverySeed'
        ? { kind: 'accountIdentityKey' }
        : { kind: 'linkKey', deviceId: authority.deviceId },
  });
  return {
    bytes,
    newRootSignature: signAsRoot(newSeed, bytes),
    signerSignature:
      authority.kind === 'recoverySeed'
        ? signAsRoot(authority.seed, bytes)
        : Ed25519Signature.of(ed25519Sign(authority.linkKey.unwrap(), bytes)),
  };
};

const isSignedByRoot = (key: AccountIdentityKey, bytes: RootChangeBytes, signature: Uint8Array): boolean => {
  const parsed = XEdDsaSignature.parse(signature);
  return parsed !== undefined && xEdDsaVerify(key, bytes, parsed);
};

const signerRefusal = (
  head: VerifiedHead,
  { signer }: RootChange,
  bytes: RootChangeBytes,
  signature: Uint8Array,
): RootChangeRefusal | undefined => {
  if (signer.kind === 'accountIdentityKey')
    return isSignedByRoot(head.root.accountIdentityKey, bytes, signature) ? undefined : 'badSignature';
  const device = head.findDevice(signer.deviceId);
  if (device === undefined) return 'signerNotListed';
  if (device.linkKey === undefined) return 'signerCannotLink';
  const parsed = Ed25519Signature.parse(signature);
  return parsed !== undefined && ed25519Verify(device.linkKey, bytes, parsed) ? undefined : 'badSignature';
};

const placeRefusal = (head: VerifiedHead, change: RootChange): RootChangeRefusal | undefined => {
  if (change.accountId !== head.accountId) return 'foreignAccount';
  if (!constantTimeEqual(change.oldRoot, rootHash(head.root))) return 'foreignRoot';
  const newRoot = rootHash(change.newRoot);
  const left = [change.oldRoot, ...head.formerRoots];
  return left.some((root) => constantTimeEqual(root, newRoot)) ? 'formerRoot' : undefined;
};

/**
 * Verifies that the account of `head` goes on under another root: both the new account identity key and the old one, or an active
 * link-capable device, say so (SPEC §3.8). How long the server lets such a statement wait is its policy.
 */
export const verifyRootChange = (head: VerifiedHead, untrusted: UntrustedRootChange): RootChangeVerdict => {
  const bytes = RootChangeBytes.parse(untrusted.bytes);
  const change = bytes && parseRootChange(bytes);
  if (!bytes || !change) return { outcome: 'refused', reason: 'malformedRootChange' };
  const reason = placeRefusal(head, change) ?? signerRefusal(head, change, bytes, untrusted.signerSignature);
  if (reason !== undefined) return { outcome: 'refused', reason };
  return isSignedByRoot(change.newRoot.accountIdentityKey, bytes, untrusted.newRootSignature)
    ? { outcome: 'valid', change }
    : { outcome: 'refused', reason: 'badSignature' };
};
