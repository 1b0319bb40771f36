import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ProvisioningSchema,
  type HistoryOffer as HistoryOfferMessage,
  type Provisioning as ProvisioningMessage,
  type Stretch as StretchMessage,
} from '../gen/content/provisioning_pb.js';
import { idBytes, type AccountId, type Username } from '../ids.js';
import { CONTENT_LIMITS } from './limits.js';
import { decoded, value, type Bytes } from './values.js';

const LENGTH = {
  identityKey: 33,
  recoveryPublic: 1_216,
  key: 32,
  hash: 32,
  salt: 16,
  signature: 64,
  archiveId: 16,
} as const;
const CERTIFICATE_BYTES = 512;
const LIST_BYTES = 2_048;

/** The archive in which the history follows. */
export interface HistoryOffer {
  /** 16 bytes. */
  readonly archiveId: Bytes;
  /** 32 bytes. */
  readonly historyKey: Bytes;
  /** Entries that the archive will have; for progress alone. */
  readonly entries: number;
}

/** Salt and cost of the password, for the checks of a client (SPEC §4.1), which are the receiver's to make. */
export interface ProvisionedStretch {
  readonly salt: Bytes;
  readonly memoryKiB: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** What an authorised device gives a new one inside M4 (SPEC §10). Never a private key of a device or of the root. */
export interface Provisioning {
  readonly accountId: AccountId;
  readonly username: Username;
  readonly accountIdentityKey: Bytes;
  readonly recoveryPublicKey: Bytes;
  readonly trustRoot: Bytes;
  readonly serverKeysVersion: number;
  readonly stretch: ProvisionedStretch;
  /** Wraps the link key of the new device; absent with single sign-on. */
  readonly passwordKey: Bytes | undefined;
  readonly storageKey: Bytes;
  readonly profileKey: Bytes;
  /** 0: there is no record yet. */
  readonly storageRecordVersion: number;
  readonly storageRecordHash: Bytes | undefined;
  /** Canonical bytes, to be signed by the device that they name. */
  readonly certificate: Bytes;
  readonly list: Bytes;
  readonly listSignature: Bytes;
  readonly history: HistoryOffer | undefined;
}

/** Throws a `RangeError` when the payload is beyond its limit. */
export const encodeProvisioning = ({
  accountId,
  passwordKey,
  storageRecordVersion,
  storageRecordHash,
  stretch,
  history,
  ...rest
}: Provisioning): Bytes => {
  const encoded = toBinary(
    ProvisioningSchema,
    create(ProvisioningSchema, {
      ...rest,
      account: idBytes(accountId),
      stretch: { ...stretch, memoryKib: stretch.memoryKiB },
      passwordKey: passwordKey ?? new Uint8Array(),
      storageRecordVersion: BigInt(storageRecordVersion),
      storageRecordHash: storageRecordHash ?? new Uint8Array(),
      ...(history === undefined ? {} : { history: { ...history, entries: BigInt(history.entries) } }),
    }),
  );
  if (encoded.length > CONTENT_LIMITS.provisioningBytes) throw new RangeError('provisioning length');
  return new Uint8Array(encoded);
};

const readStretch = ({ salt, memoryKib, iterations, parallelism }: StretchMessage): ProvisionedStretch => ({
  salt: value.bytes(salt, LENGTH.salt),
  memoryKiB: memoryKib,
  iterations,
  parallelism,
});

const readHistory = ({ archiveId, historyKey, entries }: HistoryOfferMessage): HistoryOffer => ({
  archiveId: value.bytes(archiveId, LENGTH.archiveId),
  historyKey: value.bytes(historyKey, LENGTH.key),
  entries: value.count(entries),
});

const read = (message: ProvisioningMessage): Provisioning => ({
  accountId: value.account(message.account),
  username: value.username(message.username),
  accountIdentityKey: value.bytes(message.accountIdentityKey, LENGTH.identityKey),
  recoveryPublicKey: value.bytes(message.recoveryPublicKey, LENGTH.recoveryPublic),
  trustRoot: value.bytes(message.trustRoot, LENGTH.identityKey),
  serverKeysVersion: message.serverKeysVersion,
  stretch: readStretch(value.required(message.stretch)),
  passwordKey: value.bytesOrNone(message.passwordKey, LENGTH.key),
  storageKey: value.bytes(message.storageKey, LENGTH.key),
  profileKey: value.bytes(message.profileKey, LENGTH.key),
  storageRecordVersion: value.count(message.storageRecordVersion),
  storageRecordHash:
    message.storageRecordVersion === 0n
      ? value.bytesOrNone(message.storageRecordHash, 0)
      : value.bytes(message.storageRecordHash, LENGTH.hash),
  certificate: value.someBytes(message.certificate, CERTIFICATE_BYTES),
  list: value.someBytes(message.list, LIST_BYTES),
  listSignature: value.bytes(message.listSignature, LENGTH.signature),
  history: message.history === undefined ? undefined : readHistory(message.history),
});

/** `undefined` unless these are the bytes of a payload in which every value is good. Keys and lists are the receiver's to verify. */
export const decodeProvisioning = (bytes: Uint8Array): Provisioning | undefined => {
  if (bytes.length > CONTENT_LIMITS.provisioningBytes) return undefined;
  let message: ProvisioningMessage;
  try {
    message = fromBinary(ProvisioningSchema, bytes);
  } catch {
    return undefined;
  }
  return decoded(() => read(message));
};
