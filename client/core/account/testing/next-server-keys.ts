import { PrivateKey } from '@signalapp/libsignal-client';
import { ServerKeysBytes, XEdDsaSignature } from '@sotto/crypto';
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
