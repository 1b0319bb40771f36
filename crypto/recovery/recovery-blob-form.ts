import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { ed25519Verify } from '../backend/libsodium.js';
import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, isOfAnotherVersion, readCanonical } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { rootHash } from '../identity/account-root.js';
import type { ListPlace } from '../identity/device-list.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import { Ed25519Signature, ListHash, RecoveryBlobBytes, RecoveryBlobHash, RootHash, type Bytes } from '../keys.js';
import { LABELS } from '../labels.js';

/** What a recovery blob says openly (SPEC §12.3). All of it is authenticated, towards the seed's holder and by the signature. */
export interface RecoveryBlobFrame {
  readonly accountId: AccountId;
  readonly root: RootHash;
  /** The list that was the head when the blob was sealed. */
  readonly place: ListPlace;
  /** The newest version of the storage record that the signer knew. */
  readonly storageRecordVersion: number;
  /** The device whose signing key signed the blob. */
  readonly signer: DeviceId;
}

/** A sealed blob and the signature over it. */
export interface SignedRecoveryBlob {
  readonly bytes: RecoveryBlobBytes;
  readonly signature: Ed25519Signature;
}

/** The same as it comes from outside. */
export interface UntrustedRecoveryBlob {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export type RecoveryBlobRefusal =
  | 'malformed'
  | 'newerVersion'
  | 'foreignAccount'
  | 'foreignRoot'
  /** Sealed at another list than the one that is asked about: an old blob, or one for a list that never became head. */
  | 'otherPlace'
  /** Signed by a device that the list does not name: it may hand out keys that a thief knows. */
  | 'signerNotListed'
  | 'badSignature';

export type RecoveryBlobVerdict =
  | { readonly outcome: 'valid'; readonly frame: RecoveryBlobFrame; readonly bytes: RecoveryBlobBytes }
  | { readonly outcome: 'refused'; readonly reason: RecoveryBlobRefusal };

/** The plaintext has one length, so that a blob says nothing of how many keys it holds. */
export const RECOVERY_PAYLOAD_LENGTH = 512;
/** Behind the frame: an X25519 key, an ML-KEM-768 ciphertext, the payload and a tag. */
const SEALED_LENGTH = 32 + 1_088 + RECOVERY_PAYLOAD_LENGTH + 16;

/** The readable beginning of a blob. */
export const encodeRecoveryBlobFrame = (frame: RecoveryBlobFrame): Bytes =>
  new CanonicalWriter(LABELS.recoveryBlob)
    .id(frame.accountId)
    .fixed(frame.root)
    .u64(frame.place.epoch)
    .u32(frame.place.number)
    .fixed(frame.place.hash)
    .u64(frame.storageRecordVersion)
    .id(frame.signer)
    .finish();

/** The frame of a blob; `undefined` unless the bytes have the form of one. Says nothing about who sealed it. */
export const parseRecoveryBlob = (bytes: Uint8Array): RecoveryBlobFrame | undefined =>
  readCanonical(bytes, LABELS.recoveryBlob, (reader) => {
    const frame = {
      accountId: reader.accountId(),
      root: RootHash.of(reader.fixed(32)),
      place: { epoch: reader.u64(), number: reader.u32(), hash: ListHash.of(reader.fixed(32)) },
      storageRecordVersion: reader.u64(),
      signer: reader.deviceId(),
    };
    reader.fixed(SEALED_LENGTH);
    return frame;
  });

/** Names a blob: SHA-256 of its bytes. */
export const recoveryBlobHash = (bytes: RecoveryBlobBytes): RecoveryBlobHash => RecoveryBlobHash.of(sha256(bytes));

const frameRefusal = (head: VerifiedHead, frame: RecoveryBlobFrame): RecoveryBlobRefusal | undefined => {
  if (frame.accountId !== head.accountId) return 'foreignAccount';
  if (!constantTimeEqual(frame.root, rootHash(head.root))) return 'foreignRoot';
  return constantTimeEqual(frame.place.hash, head.hash) &&
    frame.place.epoch === head.list.epoch &&
    frame.place.number === head.list.number
    ? undefined
    : 'otherPlace';
};

const signatureRefusal = (
  head: VerifiedHead,
  frame: RecoveryBlobFrame,
  { bytes, signature }: SignedRecoveryBlob,
): RecoveryBlobRefusal | undefined => {
  const signer = head.findDevice(frame.signer);
  if (signer === undefined) return 'signerNotListed';
  return ed25519Verify(signer.signingKey, bytes, signature) ? undefined : 'badSignature';
};

/**
 * Verifies that a device which `head` names sealed this blob at that head (SPEC §12.3). For the server, when it takes a blob, and
 * for whoever is about to open one.
 */
export const verifyRecoveryBlob = (head: VerifiedHead, untrusted: UntrustedRecoveryBlob): RecoveryBlobVerdict => {
  const bytes = RecoveryBlobBytes.parse(untrusted.bytes);
  const signature = Ed25519Signature.parse(untrusted.signature);
  const frame = bytes && parseRecoveryBlob(bytes);
  if (!bytes || !signature || !frame) {
    const isNewer = isOfAnotherVersion(untrusted.bytes, LABELS.recoveryBlob);
    return { outcome: 'refused', reason: isNewer ? 'newerVersion' : 'malformed' };
  }
  const reason = frameRefusal(head, frame) ?? signatureRefusal(head, frame, { bytes, signature });
  return reason === undefined ? { outcome: 'valid', frame, bytes } : { outcome: 'refused', reason };
};
