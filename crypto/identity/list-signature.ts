import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import {
  Ed25519Signature,
  XEdDsaSignature,
  type AccountIdentityKey,
  type AccountIdentityPrivateKey,
  type DeviceListBytes,
  type DeviceSigningKey,
  type DeviceSigningPublicKey,
  type LinkKey,
  type LinkPublicKey,
} from '../keys.js';
import { encodeDeviceList, type DeviceList } from './device-list.js';

/** Canonical bytes and the signature of the signer that they name. */
export interface SignedDeviceList {
  readonly bytes: DeviceListBytes;
  readonly signature: Ed25519Signature | XEdDsaSignature;
}

/** The private key that a list's signer signs with. */
export type ListSigningKey = AccountIdentityPrivateKey | LinkKey | DeviceSigningKey;

/** Signs a list. Throws unless `key` is of the kind that the list names as its signer. */
export const signDeviceList = (list: DeviceList, key: ListSigningKey): SignedDeviceList => {
  const bytes = encodeDeviceList(list);
  if (list.signer.kind === 'accountIdentityKey' && key.role === 'account identity private key')
    return { bytes, signature: xEdDsaSign(key, bytes) };
  if (
    (list.signer.kind === 'linkKey' && key.role === 'link key') ||
    (list.signer.kind === 'deviceSigningKey' && key.role === 'device signing key')
  )
    return { bytes, signature: Ed25519Signature.of(ed25519Sign(key.unwrap(), bytes)) };
  throw new Error(`A list whose signer is ${list.signer.kind} cannot be signed with the ${key.role}.`);
};

/** Does the account identity key's signature cover these bytes? */
export const isSignedByAccount = (key: AccountIdentityKey, bytes: DeviceListBytes, signature: Uint8Array): boolean => {
  const parsed = XEdDsaSignature.parse(signature);
  return parsed !== undefined && xEdDsaVerify(key, bytes, parsed);
};

/** Does the signature by a device's link key or signing key cover these bytes? */
export const isSignedByDevice = (
  key: LinkPublicKey | DeviceSigningPublicKey,
  bytes: DeviceListBytes,
  signature: Uint8Array,
): boolean => {
  const parsed = Ed25519Signature.parse(signature);
  return parsed !== undefined && ed25519Verify(key, bytes, parsed);
};
