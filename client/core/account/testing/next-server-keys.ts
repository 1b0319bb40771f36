import { PrivateKey, ServerCertificate } from '@signalapp/libsignal-client';
import { ServerCertificateBytes, ServerKeysBytes, XEdDsaSignature } from '@sotto/crypto';
import { createServerKeys, systemRandom, type ServerKeyRing } from '@sotto/crypto/server';

const VERSION_AT = 'sotto/server-keys/1'.length;
const CERTIFICATE_AT = VERSION_AT + 4;

/** The same server after its operator has replaced the receipt key: version one higher, signed by the same trust root. */
export const withNextReceiptKey = (ring: ServerKeyRing): ServerKeyRing => {
  const fresh = createServerKeys(systemRandom);
  const bytes = new Uint8Array(ring.signed.bytes);
  const view = new DataView(bytes.buffer);
  const version = ring.keys.version + 1;
  view.setUint32(VERSION_AT, version);
  bytes.set(fresh.keys.receiptKey, CERTIFICATE_AT + 2 + view.getUint16(CERTIFICATE_AT));
  const signature = PrivateKey.deserialize(ring.trustRootPrivateKey!.unwrap()).sign(bytes);
  return {
    ...ring,
    receiptKey: fresh.receiptKey,
    keys: { ...ring.keys, version, receiptKey: fresh.keys.receiptKey },
    signed: { bytes: ServerKeysBytes.of(bytes), signature: XEdDsaSignature.of(signature) },
  };
};

/** The same server after its operator has replaced the key that signs sender certificates. */
export const withNextCertificateKey = (ring: ServerKeyRing): ServerKeyRing => {
  const { certificateKey } = createServerKeys(systemRandom);
  const root = PrivateKey.deserialize(ring.trustRootPrivateKey!.unwrap());
  const version = ring.keys.version + 1;
  const publicKey = PrivateKey.deserialize(certificateKey.unwrap()).getPublicKey();
  const certificate = ServerCertificate.new(version, publicKey, root).serialize();
  const old = new Uint8Array(ring.signed.bytes);
  const afterCertificate = old.subarray(CERTIFICATE_AT + 2 + new DataView(old.buffer).getUint16(CERTIFICATE_AT));
  const bytes = new Uint8Array(CERTIFICATE_AT + 2 + certificate.length + afterCertificate.length);
  bytes.set(old.subarray(0, VERSION_AT));
  const view = new DataView(bytes.buffer);
  view.setUint32(VERSION_AT, version);
  view.setUint16(CERTIFICATE_AT, certificate.length);
  bytes.set(certificate, CERTIFICATE_AT + 2);
  bytes.set(afterCertificate, CERTIFICATE_AT + 2 + certificate.length);
  return {
    ...ring,
    certificateKey,
    keys: { ...ring.keys, version, certificate: ServerCertificateBytes.of(new Uint8Array(certificate)) },
    signed: { bytes: ServerKeysBytes.of(bytes), signature: XEdDsaSignature.of(root.sign(bytes)) },
  };
};
