import type { DeviceId } from '@sotto/protocol/ids';
import { constantTimeEqual } from '../constant-time.js';
import type { DeviceList, DeviceListEntry } from './device-list.js';

const isKept = (entry: DeviceListEntry, before: DeviceList): boolean =>
  before.entries.some(
    (known) => known.deviceId === entry.deviceId && constantTimeEqual(known.certificateHash, entry.certificateHash),
  );

/** Is the device one of the active ones? */
const isListed = (list: DeviceList, deviceId: DeviceId): boolean =>
  list.entries.some((entry) => entry.deviceId === deviceId);

/** Does `after` name no device that `before` does not name with the same certificate? */
export const addsNothing = (before: DeviceList, after: DeviceList): boolean =>
  after.entries.every((entry) => isKept(entry, before));

/** Does `after` name fewer devices than `before`, each with the certificate that it had? */
export const onlyRemoves = (before: DeviceList, after: DeviceList): boolean =>
  after.entries.length < before.entries.length && addsNothing(before, after);

/** Does `after` differ from `before` only in that its signer, a device, has left? */
export const removesOnlySigner = (before: DeviceList, after: DeviceList): boolean =>
  after.signer.kind !== 'accountIdentityKey' &&
  after.entries.length === before.entries.length - 1 &&
  onlyRemoves(before, after) &&
  !isListed(after, after.signer.deviceId);
