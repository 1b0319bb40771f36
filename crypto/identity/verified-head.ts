import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { constantTimeEqual } from '../constant-time.js';
import { CertificateBytes, DeviceListBytes, RootHash, type ListHash } from '../keys.js';
import type { AccountRoot } from './account-root.js';
import { certificateHash, parseCertificate, type VerifiedCertificate } from './certificate.js';
import { listHash, parseDeviceList, type DeviceList, type ListPlace } from './device-list.js';

interface VerifiedList {
  readonly accountId: AccountId;
  readonly root: AccountRoot;
  readonly list: DeviceList;
  readonly bytes: DeviceListBytes;
  readonly devices: readonly VerifiedCertificate[];
  readonly formerRoots?: readonly RootHash[];
}

/**
 * A device list that has been verified up to the root of its account, with the certificates of its devices. Only the
 * verification of this package makes one (outside it is a type), so holding one is the proof.
 */
export class VerifiedHead {
  readonly accountId: AccountId;
  readonly root: AccountRoot;
  readonly list: DeviceList;
  readonly bytes: DeviceListBytes;
  readonly hash: ListHash;
  /** The roots that the account has left, as far as this end has followed it: it never returns to one. */
  readonly formerRoots: readonly RootHash[];
  readonly #devices: ReadonlyMap<DeviceId, VerifiedCertificate>;

  constructor({ accountId, root, list, bytes, devices, formerRoots = [] }: VerifiedList) {
    this.accountId = accountId;
    this.root = root;
    this.list = list;
    this.bytes = bytes;
    this.hash = listHash(bytes);
    this.formerRoots = formerRoots;
    this.#devices = new Map(devices.map((device) => [device.deviceId, device]));
  }

  get place(): ListPlace {
    return { epoch: this.list.epoch, number: this.list.number, hash: this.hash };
  }

  /** The active devices, in order of their ids. */
  get devices(): readonly VerifiedCertificate[] {
    return [...this.#devices.values()];
  }

  /** The certificate of an active device; `undefined` for a device that is not on the list, and so is revoked. */
  findDevice(deviceId: DeviceId): VerifiedCertificate | undefined {
    return this.#devices.get(deviceId);
  }
}

/**
 * Takes up a head that this end verified earlier and kept in storage of its own. Signatures are not checked again; bytes
 * that do not fit each other mean that the storage is broken, and throw.
 */
export const restoreHead = (kept: {
  readonly root: AccountRoot;
  readonly list: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly formerRoots?: readonly Uint8Array[];
}): VerifiedHead => {
  const list = parseDeviceList(kept.list);
  if (list === undefined) throw new Error('The stored device list is damaged.');
  const certificates = kept.certificates.map((bytes) => CertificateBytes.of(bytes));
  const devices = list.entries.map((entry) => {
    const bytes = certificates.find((kept) => constantTimeEqual(certificateHash(kept), entry.certificateHash));
    const certificate = bytes && parseCertificate(bytes);
    if (!bytes || !certificate) throw new Error(`The stored certificate of device ${entry.deviceId} is missing.`);
    return { ...certificate, bytes, hash: entry.certificateHash };
  });
  return new VerifiedHead({
    accountId: list.accountId,
    root: kept.root,
    list,
    bytes: DeviceListBytes.of(kept.list),
    devices,
    formerRoots: (kept.formerRoots ?? []).map((root) => RootHash.of(root)),
  });
};
