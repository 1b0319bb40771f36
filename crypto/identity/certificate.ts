import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { sha256 } from '../backend/noble.js';
import { xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import { CanonicalWriter, readCanonical, type CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import {
  CertificateBytes,
  CertificateHash,
  DeviceSigningPublicKey,
  Ed25519Signature,
  IdentityPublicKey,
  LinkPublicKey,
  LinkSessionId,
  XEdDsaSignature,
  type DeviceSigningKey,
  type IdentityPrivateKey,
} from '../keys.js';
import { LABELS } from '../labels.js';
import { deviceIdOf } from './device-id.js';

/** What makes keys a device of an account (SPEC §3.1). It counts only while a verified device list names its hash. */
export interface DeviceCertificate {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly signingKey: DeviceSigningPublicKey;
  readonly identityKey: IdentityPublicKey;
  /** Absent: this device can link no other. */
  readonly linkKey: LinkPublicKey | undefined;
  readonly issuedAt: UnixMs;
  /** Absent for the first device of an account. */
  readonly linkSession: LinkSessionId | undefined;
}

/** Canonical bytes and the two signatures over them. */
export interface SignedCertificate {
  readonly bytes: CertificateBytes;
  readonly dskSignature: Ed25519Signature;
  readonly ikSignature: XEdDsaSignature;
}

/** The same as it comes from outside. */
export interface UntrustedCertificate {
  readonly bytes: Uint8Array;
  readonly dskSignature: Uint8Array;
  readonly ikSignature: Uint8Array;
}

export type CertificateRefusal =
  | 'malformed'
  /** The device id is not the hash of the identity key: somebody puts a key under another's name. */
  | 'deviceIdMismatch'
  /** The device does not hold the signing key that it names. */
  | 'badDskSignature'
  /** The device does not hold the identity key that it names. */
  | 'badIkSignature';

/** A certificate whose signatures have been verified, and the bytes that they cover. */
export interface VerifiedCertificate extends DeviceCertificate {
  readonly bytes: CertificateBytes;
  readonly hash: CertificateHash;
}

export type CertificateVerdict =
  | { readonly outcome: 'valid'; readonly certificate: VerifiedCertificate }
  | { readonly outcome: 'refused'; readonly reason: CertificateRefusal };

const NO_LINK_SESSION = new Uint8Array(16);

/** The one encoding of a certificate. */
export const encodeCertificate = (certificate: DeviceCertificate): CertificateBytes => {
  const writer = new CanonicalWriter(LABELS.deviceCertificate)
    .id(certificate.accountId)
    .id(certificate.deviceId)
    .fixed(certificate.signingKey)
    .fixed(certificate.identityKey)
    .u8(certificate.linkKey === undefined ? 0 : 1);
  if (certificate.linkKey !== undefined) writer.fixed(certificate.linkKey);
  return CertificateBytes.of(
    writer
      .u64(certificate.issuedAt)
      .fixed(certificate.linkSession ?? NO_LINK_SESSION)
      .finish(),
  );
};

const readLinkKey = (reader: CanonicalReader): LinkPublicKey | undefined => {
  switch (reader.u8()) {
    case 0:
      return undefined;
    case 1:
      return reader.required(LinkPublicKey.parse(reader.fixed(32)));
    default:
      return reader.refuse();
  }
};

const readLinkSession = (reader: CanonicalReader): LinkSessionId | undefined => {
  const bytes = reader.fixed(16);
  return constantTimeEqual(bytes, NO_LINK_SESSION) ? undefined : LinkSessionId.of(bytes);
};

/** The fields of a certificate; `undefined` unless the bytes are the encoding of one. Says nothing about who made it. */
export const parseCertificate = (bytes: Uint8Array): DeviceCertificate | undefined =>
  readCanonical(bytes, LABELS.deviceCertificate, (reader) => ({
    accountId: reader.accountId(),
    deviceId: reader.deviceId(),
    signingKey: reader.required(DeviceSigningPublicKey.parse(reader.fixed(32))),
    identityKey: reader.required(IdentityPublicKey.parse(reader.fixed(33))),
    linkKey: readLinkKey(reader),
    issuedAt: reader.time(),
    linkSession: readLinkSession(reader),
  }));

/** What a device list says of a certificate: SHA-256 of its bytes. */
export const certificateHash = (bytes: CertificateBytes): CertificateHash => CertificateHash.of(sha256(bytes));

/** Signs with both keys that the certificate names, made at activation by the device itself. */
export const signCertificate = (
  certificate: DeviceCertificate,
  keys: { readonly signingKey: DeviceSigningKey; readonly identityPrivateKey: IdentityPrivateKey },
): SignedCertificate => {
  const bytes = encodeCertificate(certificate);
  return {
    bytes,
    dskSignature: Ed25519Signature.of(ed25519Sign(keys.signingKey.unwrap(), bytes)),
    ikSignature: xEdDsaSign(keys.identityPrivateKey, bytes),
  };
};

const refused = (reason: CertificateRefusal): CertificateVerdict => ({ outcome: 'refused', reason });

/**
 * Verifies that a certificate is well-formed, names the device id of its own identity key and is signed by both of its keys
 * (SPEC §3.1). Whether it counts is for a device list to say.
 */
export const verifyCertificate = (untrusted: UntrustedCertificate): CertificateVerdict => {
  const bytes = CertificateBytes.parse(untrusted.bytes);
  const dskSignature = Ed25519Signature.parse(untrusted.dskSignature);
  const ikSignature = XEdDsaSignature.parse(untrusted.ikSignature);
  const certificate = bytes && parseCertificate(bytes);
  if (!bytes || !certificate || !dskSignature || !ikSignature) return refused('malformed');
  if (certificate.deviceId !== deviceIdOf(certificate.identityKey)) return refused('deviceIdMismatch');
  if (!ed25519Verify(certificate.signingKey, bytes, dskSignature)) return refused('badDskSignature');
  if (!xEdDsaVerify(certificate.identityKey, bytes, ikSignature)) return refused('badIkSignature');
  return { outcome: 'valid', certificate: { ...certificate, bytes, hash: certificateHash(bytes) } };
};
