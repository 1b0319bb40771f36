import type { DeviceId } from '@sotto/protocol/ids';
import { sha256 } from '../backend/noble.js';
import type { CanonicalReader, CanonicalWriter } from '../bytes.js';
import { deviceIdOf } from '../identity/device-id.js';
import { deviceSigningPublicKeyOf, linkPublicKeyOf, type DeviceKeys } from '../identity/device-keys.js';
import {
  DeviceSigningPublicKey,
  IdentityPublicKey,
  LinkKeysHash,
  LinkPublicKey,
  parseDeviceLabel,
  type DeviceLabel,
} from '../keys.js';
import { LINK_SUITE } from './link-token.js';

/** What a new device says of itself. Its keys are proved later, its name and system never: a person looks at them. */
export interface NewDevice {
  readonly deviceId: DeviceId;
  readonly identityKey: IdentityPublicKey;
  readonly signingKey: DeviceSigningPublicKey;
  readonly linkKey: LinkPublicKey;
  readonly name: DeviceLabel;
  readonly system: DeviceLabel;
}

/** How a new device presents itself: its keys, and the words that a person will read. */
export interface OwnDevice {
  readonly keys: DeviceKeys;
  readonly name: DeviceLabel;
  readonly system: DeviceLabel;
}

/** The public side of the own device. */
export const introductionOf = ({ keys, name, system }: OwnDevice): NewDevice => ({
  deviceId: keys.deviceId,
  identityKey: keys.identityKeyPair.publicKey,
  signingKey: deviceSigningPublicKeyOf(keys.signingKey),
  linkKey: linkPublicKeyOf(keys.linkKey),
  name,
  system,
});

/** What a request token says of the keys: `H(IK ‖ DSK ‖ LK)`. */
export const linkKeysHash = ({ identityKey, signingKey, linkKey }: NewDevice): LinkKeysHash =>
  LinkKeysHash.of(sha256(identityKey, signingKey, linkKey));

/** `IK 33 ‖ DSK 32 ‖ LK 32`. */
export const writeKeys = (writer: CanonicalWriter, device: NewDevice): CanonicalWriter =>
  writer.fixed(device.identityKey).fixed(device.signingKey).fixed(device.linkKey);

/** The keys of a device; the device id is the hash of its identity key. */
export const readKeys = (reader: CanonicalReader): Omit<NewDevice, 'name' | 'system'> => {
  const identityKey = reader.required(IdentityPublicKey.parse(reader.fixed(33)));
  return {
    deviceId: deviceIdOf(identityKey),
    identityKey,
    signingKey: DeviceSigningPublicKey.of(reader.fixed(32)),
    linkKey: LinkPublicKey.of(reader.fixed(32)),
  };
};

/** A name or system: UTF-8 after its length. */
export const writeLabel = (writer: CanonicalWriter, label: DeviceLabel): CanonicalWriter =>
  writer.variable(new TextEncoder().encode(label));

/** The same, read; bytes that are not UTF-8, or no name to show, end the reading. */
export const readLabel = (reader: CanonicalReader): DeviceLabel => {
  const bytes = reader.variable();
  try {
    return reader.required(parseDeviceLabel(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)));
  } catch {
    return reader.refuse();
  }
};

/** The suites that this program knows, in ascending order after their number. */
export const writeSuites = (writer: CanonicalWriter): CanonicalWriter => writer.u8(1).u8(LINK_SUITE);

/** Does the other end know the suite of this link? It ends the reading where the suites are none, or out of order. */
export const readSuites = (reader: CanonicalReader): { readonly fits: boolean } => {
  const suites = [...reader.fixed(reader.u8())];
  const ascends = suites.every((suite, index) => suite > (suites[index - 1] ?? 0));
  return suites.length > 0 && ascends ? { fits: suites.includes(LINK_SUITE) } : reader.refuse();
};
