import { constantTimeEqual } from '../constant-time.js';
import { CertificateBytes } from '../keys.js';
import {
  certificateHash,
  verifyCertificate,
  type UntrustedCertificate,
  type VerifiedCertificate,
} from './certificate.js';
import type { DeviceList, DeviceListEntry } from './device-list.js';
import type { ListRefusal } from './list-verdict.js';
import type { VerifiedHead } from './verified-head.js';

type Found = { readonly device: VerifiedCertificate } | { readonly reason: ListRefusal };

const findOffered = (entry: DeviceListEntry, list: DeviceList, offered: readonly UntrustedCertificate[]): Found => {
  const named = offered.find(({ bytes: untrusted }) => {
    const bytes = CertificateBytes.parse(untrusted);
    return bytes !== undefined && constantTimeEqual(certificateHash(bytes), entry.certificateHash);
  });
  if (named === undefined) return { reason: 'missingCertificate' };
  const verdict = verifyCertificate(named);
  if (verdict.outcome === 'refused') return { reason: 'badCertificate' };
  const device = verdict.certificate;
  return device.accountId === list.accountId && device.deviceId === entry.deviceId
    ? { device }
    : { reason: 'foreignCertificate' };
};

const find = (
  entry: DeviceListEntry,
  list: DeviceList,
  offered: readonly UntrustedCertificate[],
  head: VerifiedHead | undefined,
): Found => {
  const known = head?.findDevice(entry.deviceId);
  return known !== undefined && constantTimeEqual(known.hash, entry.certificateHash)
    ? { device: known }
    : findOffered(entry, list, offered);
};

/**
 * The verified certificate of each device that a list names, from the head before it or from what was offered along.
 * A reason to refuse the list if one is missing, forged or somebody else's.
 */
export const resolveDevices = (
  list: DeviceList,
  offered: readonly UntrustedCertificate[],
  head: VerifiedHead | undefined,
): { readonly devices: readonly VerifiedCertificate[] } | { readonly reason: ListRefusal } => {
  const devices: VerifiedCertificate[] = [];
  for (const entry of list.entries) {
    const found = find(entry, list, offered, head);
    if ('reason' in found) return found;
    devices.push(found.device);
  }
  return { devices };
};
