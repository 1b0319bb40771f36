import { IdentityKeyPair, PrivateKey, ProtocolAddress, PublicKey } from '@signalapp/libsignal-client';
import { parseDeviceId, type DeviceId } from '@sotto/protocol/ids';
import { constantTimeEqual } from '../constant-time.js';
import { deviceIdOf } from '../identity/device-id.js';
import type { IdentityPublicKey } from '../keys.js';
import type { LocalIdentity } from '../store.js';
import type { PresentedCertificate } from './presented-certificate.js';

/** Every device is a libsignal party of its own, so one number serves all (SPEC §2.2). */
export const DEVICE_NUMBER = 1;

/** The libsignal address of a device. */
export const addressOf = (deviceId: DeviceId): ProtocolAddress => ProtocolAddress.new(deviceId, DEVICE_NUMBER);

/** The device at a libsignal address; `undefined` for an address that no device can have. */
export const deviceIdAt = (address: ProtocolAddress): DeviceId | undefined =>
  address.deviceId() === DEVICE_NUMBER ? parseDeviceId(address.name()) : undefined;

/** How many peers are remembered before all are forgotten: what it saves is a hash, and reading a certificate. */
const REMEMBERED_PEERS = 1_000;

/** Gives every byte a character of its own, so that equal texts are equal bytes. */
const latin1 = new TextDecoder('latin1');

/** The own device in libsignal's form, read once for many operations. */
export class LocalParty {
  readonly deviceId: DeviceId;
  readonly address: ProtocolAddress;
  readonly registrationId: number;
  readonly identityKeyPair: IdentityKeyPair;
  readonly #proven = new Map<DeviceId, IdentityPublicKey>();
  readonly #presented = new Map<string, PresentedCertificate>();

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

  /**
   * What a sender certificate says, read once: a peer presents one with everything that it sends in a day. Nothing of it is
   * believed here.
   */
  read(certificate: Uint8Array, parse: () => PresentedCertificate): PresentedCertificate {
    const bytes = latin1.decode(certificate);
    const known = this.#presented.get(bytes);
    if (known !== undefined) return known;
    const presented = parse();
    if (this.#presented.size >= REMEMBERED_PEERS) this.#presented.clear();
    this.#presented.set(bytes, presented);
    return presented;
  }
}
