import { IdentityKeyPair, PrivateKey, ProtocolAddress, PublicKey } from '@signalapp/libsignal-client';
import { parseDeviceId, type DeviceId } from '@sotto/protocol/ids';
import type { LocalIdentity } from '../store.js';

/** Every device is a libsignal party of its own, so one number serves all (SPEC §2.2). */
export const DEVICE_NUMBER = 1;

/** The libsignal address of a device. */
export const addressOf = (deviceId: DeviceId): ProtocolAddress => ProtocolAddress.new(deviceId, DEVICE_NUMBER);

/** The device at a libsignal address; `undefined` for an address that no device can have. */
export const deviceIdAt = (address: ProtocolAddress): DeviceId | undefined =>
  address.deviceId() === DEVICE_NUMBER ? parseDeviceId(address.name()) : undefined;

/** The own device in libsignal's form, read once for many operations. */
export class LocalParty {
  readonly deviceId: DeviceId;
  readonly address: ProtocolAddress;
  readonly registrationId: number;
  readonly identityKeyPair: IdentityKeyPair;

  constructor({ deviceId, registrationId, identityKeyPair }: LocalIdentity) {
    this.deviceId = deviceId;
    this.address = addressOf(deviceId);
    this.registrationId = registrationId;
    this.identityKeyPair = new IdentityKeyPair(
      PublicKey.deserialize(identityKeyPair.publicKey),
      PrivateKey.deserialize(identityKeyPair.privateKey.unwrap()),
    );
  }
}
