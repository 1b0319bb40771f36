import { IdentityKeyPair, PrivateKey, ProtocolAddress, PublicKey } from '@signalapp/libsignal-client';
import { parseDeviceId, type DeviceId } from '@sotto/protocol/ids';
import { constantTimeEqual } from '../constant-time.js';
import { deviceIdOf } from '../identity/device-id.js';
import type { IdentityPublicKey } from '../keys.js';
import type { LocalIdentity } from '../store.js';

/** Every device is a libsignal party of its own, so one number serves all (SPEC §2.2). */
export const DEVICE_NUMBER = 1;

/** The libsignal address of a device. */
export const addressOf = (deviceId: DeviceId): ProtocolAddress => ProtocolAddress.new(deviceId, DEVICE_NUMBER);

/** The device at a libsignal address; `undefined` for an address that no device can have. */
export const deviceIdAt = (address: ProtocolAddress): DeviceId | undefined =>
  address.deviceId() === DEVICE_NUMBER ? parseDeviceId(address.name()) : undefined;

/** How many peers are remembered before all are forgotten: what it saves is a hash. */
const REMEMBERED_PEERS = 1_000;

/** The own device in libsignal's form, read once for many operations. */
export class LocalParty {
  readonly deviceId: DeviceId;
  readonly address: ProtocolAddress;
  readonly registrationId: number;
  readonly identityKeyPair: IdentityKeyPair;
  readonly #proven = new Map<DeviceId, IdentityPublicKey>();

  constructor({ deviceId, registrationId, identityKeyPair }: LocalIdentity) {
    this.deviceId = deviceId;
    this.address = addressOf(deviceId);
    this.registrationId = registrationId;
    this.identityKeyPair = new IdentityKeyPair(
      PublicKey.deserialize(identityKeyPair.publicKey),
      PrivateKey.deserialize(identityKeyPair.privateKey.unwrap()),
    );
  }

  /** Is this the identity key that the device id is the hash of (SPEC §2.2)? There is no other trust in an identity. */
  isIdentityOf(deviceId: DeviceId, identityKey: IdentityPublicKey): boolean {
    const proven = this.#proven.get(deviceId);
    if (proven !== undefined) return constantTimeEqual(proven, identityKey);
    if (deviceIdOf(identityKey) !== deviceId) return false;
    if (this.#proven.size >= REMEMBERED_PEERS) this.#proven.clear();
    this.#proven.set(deviceId, identityKey);
    return true;
  }
}
