import { AccountIdentityKey, RecoveryPublicKey, restoreHead, type AccountRoot, type VerifiedHead } from '@sotto/crypto';
import type { UnixMs, Username } from '@sotto/protocol/ids';
import type { DevicePin, VerifiedDevices } from './types.js';

/** A verified head in the form in which it is kept. */
export const pinOf = (
  head: VerifiedHead,
  kept: { readonly username: Username; readonly alarm: boolean; readonly pinnedAt: UnixMs },
): DevicePin => ({
  accountId: head.accountId,
  username: kept.username,
  accountIdentityKey: head.root.accountIdentityKey,
  recoveryPublicKey: head.root.recoveryPublicKey,
  head: head.place,
  list: head.bytes,
  devices: head.devices.map(({ deviceId, bytes }) => ({ deviceId, certificate: bytes })),
  alarm: kept.alarm,
  pinnedAt: kept.pinnedAt,
});

const rootOf = (pin: DevicePin): AccountRoot => ({
  accountIdentityKey: AccountIdentityKey.of(pin.accountIdentityKey),
  recoveryPublicKey: RecoveryPublicKey.of(pin.recoveryPublicKey),
});

/** The verified head that a pin keeps. Throws where the stored bytes no longer fit each other. */
export const headOf = (pin: DevicePin): VerifiedHead =>
  restoreHead({
    root: rootOf(pin),
    list: pin.list,
    certificates: pin.devices.map(({ certificate }) => certificate),
  });

export const verifiedDevicesOf = (pin: DevicePin): VerifiedDevices => ({
  accountId: pin.accountId,
  username: pin.username,
  head: pin.head,
  active: pin.devices.map(({ deviceId }) => deviceId),
  accountIdentityKey: pin.accountIdentityKey,
  alarm: pin.alarm,
});
