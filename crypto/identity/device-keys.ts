import type { DeviceId } from '@sotto/protocol/ids';
import { ed25519PublicKey } from '../backend/libsodium.js';
import { curvePrivateKey, curvePublicKey } from '../backend/signing.js';
import { certain } from '../certain.js';
import type { RandomSource } from '../environment.js';
import {
  DeviceSigningKey,
  DeviceSigningPublicKey,
  IdentityPrivateKey,
  IdentityPublicKey,
  LinkKey,
  LinkPublicKey,
  parseRegistrationId,
  type IdentityKeyPair,
  type RegistrationId,
} from '../keys.js';
import { deviceIdOf } from './device-id.js';

/** Everything that makes a device one (SPEC §2.1). The secrets never leave it. */
export interface DeviceKeys {
  readonly deviceId: DeviceId;
  readonly registrationId: RegistrationId;
  readonly identityKeyPair: IdentityKeyPair;
  readonly signingKey: DeviceSigningKey;
  readonly linkKey: LinkKey;
}

/** The pair of an identity private key, as it was kept. */
export const identityKeyPairOf = (privateKey: IdentityPrivateKey): IdentityKeyPair => ({
  publicKey: IdentityPublicKey.of(curvePublicKey(privateKey)),
  privateKey,
});

/** The public half of a device signing key. */
export const deviceSigningPublicKeyOf = (signingKey: DeviceSigningKey): DeviceSigningPublicKey =>
  DeviceSigningPublicKey.of(ed25519PublicKey(signingKey.unwrap()));

/** The public half of a link key. */
export const linkPublicKeyOf = (linkKey: LinkKey): LinkPublicKey =>
  LinkPublicKey.of(ed25519PublicKey(linkKey.unwrap()));

const REGISTRATION_IDS = 0x3fff;

/** A libsignal registration id: tells a device from an earlier one at the same address; not a secret. */
const generateRegistrationId = (random: RandomSource): RegistrationId => {
  const bytes = random.bytes(4);
  const drawn = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return certain(parseRegistrationId(1 + (drawn % REGISTRATION_IDS)), '1 to 16,383 are registration ids');
};

/** The keys of a new device, link-capable. */
export const generateDeviceKeys = (random: RandomSource): DeviceKeys => {
  const identityKeyPair = identityKeyPairOf(curvePrivateKey(IdentityPrivateKey, random.bytes(32)));
  return {
    deviceId: deviceIdOf(identityKeyPair.publicKey),
    registrationId: generateRegistrationId(random),
    identityKeyPair,
    signingKey: DeviceSigningKey.generate(random),
    linkKey: LinkKey.generate(random),
  };
};
