import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { ed25519Sign } from '../backend/libsodium.js';
import { CanonicalWriter, concatenate, readCanonical, type CanonicalReader } from '../bytes.js';
import type { RandomSource } from '../environment.js';
import { rootHash, type AccountRoot } from '../identity/account-root.js';
import type { ListPlace } from '../identity/device-list.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import {
  Ed25519Signature,
  HistoryKey,
  ProfileKey,
  RecoveryBlobBytes,
  StorageKey,
  type Bytes,
  type DeviceSigningKey,
  type RecoverySeed,
} from '../keys.js';
import { LABELS } from '../labels.js';
import { wipe } from '../secret.js';
import { openRecoveryBox, sealRecoveryBox } from './recovery-box.js';
import {
  encodeRecoveryBlobFrame,
  RECOVERY_PAYLOAD_LENGTH,
  verifyRecoveryBlob,
  type RecoveryBlobFrame,
  type RecoveryBlobRefusal,
  type SignedRecoveryBlob,
  type UntrustedRecoveryBlob,
} from './recovery-blob-form.js';

/** What a recovery blob hands to the holder of the recovery key: everything that opens what the server keeps. */
export interface RecoveredKeys {
  readonly storageKey: StorageKey;
  readonly profileKey: ProfileKey;
  /** Absent while the server keeps no history of this account. */
  readonly historyKey: HistoryKey | undefined;
}

export type OpenedRecoveryBlob =
  | { readonly outcome: 'opened'; readonly keys: RecoveredKeys; readonly frame: RecoveryBlobFrame }
  /** `wrongSeed`: sealed to another root, or damaged by somebody who holds a device's signing key. */
  | { readonly outcome: 'refused'; readonly reason: RecoveryBlobRefusal | 'wrongSeed' };

const KEY_LENGTH = 32;
const KIND = { storageKey: 1, profileKey: 2, historyKey: 3 } as const;

const writePayload = ({ storageKey, profileKey, historyKey }: RecoveredKeys): Bytes => {
  const writer = new CanonicalWriter(LABELS.recoveryPayload)
    .u8(historyKey === undefined ? 2 : 3)
    .u8(KIND.storageKey)
    .fixed(storageKey.unwrap())
    .u8(KIND.profileKey)
    .fixed(profileKey.unwrap());
  if (historyKey !== undefined) writer.u8(KIND.historyKey).fixed(historyKey.unwrap());
  const written = writer.finish();
  const padded = concatenate(written, new Uint8Array(RECOVERY_PAYLOAD_LENGTH - written.length));
  wipe(written);
  return padded;
};

/** Keys by kind, kinds in ascending order. Those of a later version are read with the rest and left aside. */
const readKeysByKind = (reader: CanonicalReader): ReadonlyMap<number, Uint8Array> => {
  const keys = new Map<number, Uint8Array>();
  const count = reader.u8();
  let last = 0;
  for (let index = 0; index < count; index += 1) {
    const kind = reader.u8();
    if (kind <= last) reader.refuse();
    keys.set(kind, reader.fixed(KEY_LENGTH));
    last = kind;
  }
  return keys;
};

const readPadding = (reader: CanonicalReader): void => {
  while (!reader.isAtEnd) if (reader.u8() !== 0) reader.refuse();
};

const readPayload = (payload: Bytes): RecoveredKeys | undefined =>
  readCanonical(payload, LABELS.recoveryPayload, (reader) => {
    const byKind = readKeysByKind(reader);
    readPadding(reader);
    const historyKey = byKind.get(KIND.historyKey);
    return {
      storageKey: StorageKey.of(reader.required(byKind.get(KIND.storageKey))),
      profileKey: ProfileKey.of(reader.required(byKind.get(KIND.profileKey))),
      historyKey: historyKey && HistoryKey.of(historyKey),
    };
  });

/** Where, when and by whom a blob is sealed. */
export interface RecoveryBlobSealing {
  readonly accountId: AccountId;
  readonly root: AccountRoot;
  /** The list that is the head with the request that uploads the blob. */
  readonly place: ListPlace;
  readonly storageRecordVersion: number;
  readonly signer: { readonly deviceId: DeviceId; readonly signingKey: DeviceSigningKey };
  readonly random: RandomSource;
}

/**
 * Seals the keys of an account to the recovery pair of its root and signs the blob with the own device signing key (SPEC
 * §12.3). Whoever changes one of the keys, or removes a device, uploads a new blob in the same request.
 */
export const sealRecoveryBlob = (keys: RecoveredKeys, sealing: RecoveryBlobSealing): SignedRecoveryBlob => {
  const { accountId, root, place, storageRecordVersion, signer, random } = sealing;
  const prefix = encodeRecoveryBlobFrame({
    accountId,
    root: rootHash(root),
    place,
    storageRecordVersion,
    signer: signer.deviceId,
  });
  const plaintext = writePayload(keys);
  const box = sealRecoveryBox(root.recoveryPublicKey, LABELS.recoveryBlobKey, { prefix, plaintext, random });
  wipe(plaintext);
  const bytes = RecoveryBlobBytes.of(box);
  return { bytes, signature: Ed25519Signature.of(ed25519Sign(signer.signingKey.unwrap(), bytes)) };
};

/**
 * Opens a blob with the recovery seed. `head` is the verified list at the place that the blob names
 * ({@link parseRecoveryBlob}): keys are taken from no device that the account did not name. What a blob holds may be known to
 * devices that were removed later, so recovery makes new keys for everything that follows.
 */
export const openRecoveryBlob = (
  seed: RecoverySeed,
  head: VerifiedHead,
  untrusted: UntrustedRecoveryBlob,
): OpenedRecoveryBlob => {
  const verdict = verifyRecoveryBlob(head, untrusted);
  if (verdict.outcome === 'refused') return verdict;
  const { frame, bytes } = verdict;
  const box = { box: bytes, prefixLength: encodeRecoveryBlobFrame(frame).length };
  const payload = openRecoveryBox(seed, LABELS.recoveryBlobKey, box);
  const keys = payload && readPayload(payload);
  if (payload !== undefined) wipe(payload);
  return keys === undefined ? { outcome: 'refused', reason: 'wrongSeed' } : { outcome: 'opened', keys, frame };
};
