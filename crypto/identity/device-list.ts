import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, readCanonical, type CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { CertificateHash, DeviceListBytes, ListHash, RootHash } from '../keys.js';
import { LABELS } from '../labels.js';

/** The most devices that any host may allow, and so the most that a list can name. */
export const MOST_LISTED_DEVICES = 10;

/** Whose signature a list carries. */
export type ListSigner =
  | { readonly kind: 'accountIdentityKey' }
  | { readonly kind: 'linkKey'; readonly deviceId: DeviceId }
  | { readonly kind: 'deviceSigningKey'; readonly deviceId: DeviceId };

/** An active device and the certificate that makes it one. */
export interface DeviceListEntry {
  readonly deviceId: DeviceId;
  readonly certificateHash: CertificateHash;
}

/** The active devices of an account at one step of its history (SPEC §3.2). A device that is absent is revoked. */
export interface DeviceList {
  readonly accountId: AccountId;
  readonly root: RootHash;
  /** 0 at registration, later the server's time in milliseconds or one more than before. */
  readonly epoch: number;
  /** Place within the epoch, from 0. */
  readonly number: number;
  /** Absent in the first list of an epoch. */
  readonly previousHash: ListHash | undefined;
  readonly signer: ListSigner;
  /** In order of device id, no device twice. */
  readonly entries: readonly DeviceListEntry[];
}

/** Where a list stands, and which one it is. */
export interface ListPlace {
  readonly epoch: number;
  readonly number: number;
  readonly hash: ListHash;
}

const NO_PREVIOUS = new Uint8Array(32);
const NO_DEVICE = new Uint8Array(16);

const writeSigner = (writer: CanonicalWriter, signer: ListSigner): CanonicalWriter => {
  switch (signer.kind) {
    case 'accountIdentityKey':
      return writer.u8(1).fixed(NO_DEVICE);
    case 'linkKey':
      return writer.u8(2).id(signer.deviceId);
    case 'deviceSigningKey':
      return writer.u8(3).id(signer.deviceId);
  }
};

const readSigner = (reader: CanonicalReader): ListSigner => {
  switch (reader.u8()) {
    case 1:
      return constantTimeEqual(reader.fixed(16), NO_DEVICE) ? { kind: 'accountIdentityKey' } : reader.refuse();
    case 2:
      return { kind: 'linkKey', deviceId: reader.deviceId() };
    case 3:
      return { kind: 'deviceSigningKey', deviceId: reader.deviceId() };
    default:
      return reader.refuse();
  }
};

const readPreviousHash = (reader: CanonicalReader): ListHash | undefined => {
  const bytes = reader.fixed(32);
  return constantTimeEqual(bytes, NO_PREVIOUS) ? undefined : ListHash.of(bytes);
};

/** Lower-case UUIDs of one length sort as their bytes do. */
const inOrder = (left: DeviceListEntry, right: DeviceListEntry): boolean => left.deviceId < right.deviceId;

const readEntries = (reader: CanonicalReader): readonly DeviceListEntry[] => {
  const count = reader.u16();
  if (count > MOST_LISTED_DEVICES) return reader.refuse();
  const entries = Array.from({ length: count }, () => ({
    deviceId: reader.deviceId(),
    certificateHash: CertificateHash.of(reader.fixed(32)),
  }));
  const isSorted = entries.every((entry, index) => {
    const next = entries[index + 1];
    return next === undefined || inOrder(entry, next);
  });
  return isSorted ? entries : reader.refuse();
};

/** The one encoding of a list; puts the entries in order. Throws for more than ten devices or the same device twice. */
export const encodeDeviceList = (list: DeviceList): DeviceListBytes => {
  const entries = list.entries.toSorted((left, right) => (inOrder(left, right) ? -1 : 1));
  const writer = new CanonicalWriter(LABELS.deviceList)
    .id(list.accountId)
    .fixed(list.root)
    .u64(list.epoch)
    .u32(list.number)
    .fixed(list.previousHash ?? NO_PREVIOUS);
  writeSigner(writer, list.signer).u16(entries.length);
  for (const entry of entries) writer.id(entry.deviceId).fixed(entry.certificateHash);
  const bytes = DeviceListBytes.of(writer.finish());
  if (parseDeviceList(bytes) === undefined) throw new RangeError('These entries make no device list.');
  return bytes;
};

/** The fields of a list; `undefined` unless the bytes are the encoding of one. Says nothing about who made it. */
export const parseDeviceList = (bytes: Uint8Array): DeviceList | undefined =>
  readCanonical(bytes, LABELS.deviceList, (reader) => ({
    accountId: reader.accountId(),
    root: RootHash.of(reader.fixed(32)),
    epoch: reader.u64(),
    number: reader.u32(),
    previousHash: readPreviousHash(reader),
    signer: readSigner(reader),
    entries: readEntries(reader),
  }));

/** Names a list: SHA-256 of its bytes. */
export const listHash = (bytes: DeviceListBytes): ListHash => ListHash.of(sha256(bytes));
