import { PrivateKey, PublicKey, SenderCertificate, ServerCertificate } from '@signalapp/libsignal-client';
import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import {
  CertificatePublicKey,
  SenderCertificateBytes,
  ServerCertificateBytes,
  type CertificatePrivateKey,
  type IdentityPublicKey,
  type TrustRootPrivateKey,
  type TrustRootPublicKey,
} from '../keys.js';

/** Every device has an address of its own, so its libsignal device number is always this. */
const DEVICE_NUMBER = 1;

/** Certifies the key that signs sender certificates. `keyId`: 32-bit. */
export const newServerCertificate = (
  keyId: number,
  certificateKey: CertificatePublicKey,
  trustRoot: TrustRootPrivateKey,
): ServerCertificateBytes =>
  ServerCertificateBytes.of(
    ServerCertificate.new(
      keyId,
      PublicKey.deserialize(certificateKey),
      PrivateKey.deserialize(trustRoot.unwrap()),
    ).serialize(),
  );

/** The key that a server certificate names; `undefined` unless the certificate can be read and the trust root signed it. */
export const verifiedServerCertificateKey = (
  bytes: ServerCertificateBytes,
  trustRoot: TrustRootPublicKey,
): CertificatePublicKey | undefined => {
  try {
    const certificate = ServerCertificate.deserialize(bytes);
    const isSigned = PublicKey.deserialize(trustRoot).verify(certificate.certificateData(), certificate.signature());
    return isSigned ? CertificatePublicKey.parse(certificate.key().serialize()) : undefined;
  } catch {
    // libsignal throws for what it cannot read.
    return undefined;
  }
};

/** Binds a device to its identity key until `expiresAt`. */
export const newSenderCertificate = (
  { deviceId, identityKey }: { readonly deviceId: DeviceId; readonly identityKey: IdentityPublicKey },
  expiresAt: UnixMs,
  serverCertificate: ServerCertificateBytes,
  certificateKey: CertificatePrivateKey,
): SenderCertificateBytes =>
  SenderCertificateBytes.of(
    SenderCertificate.new(
      deviceId,
      null,
      DEVICE_NUMBER,
      PublicKey.deserialize(identityKey),
      expiresAt,
      ServerCertificate.deserialize(serverCertificate),
      PrivateKey.deserialize(certificateKey.unwrap()),
    ).serialize(),
  );
