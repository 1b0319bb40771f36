import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import {
  newSenderCertificate,
  newServerCertificate,
  verifiedServerCertificateKey,
} from '../backend/sender-certificates.js';
import { ed25519PublicKey } from '../backend/libsodium.js';
import { curvePrivateKey, curvePublicKey } from '../backend/signing.js';
import { constantTimeEqual } from '../constant-time.js';
import type { RandomSource } from '../environment.js';
import {
  CertificatePrivateKey,
  CertificatePublicKey,
  ReceiptKey,
  ReceiptPublicKey,
  ServerKeysBytes,
  TrustRootPrivateKey,
  TrustRootPublicKey,
  XEdDsaSignature,
  type Bytes,
  type IdentityPublicKey,
  type SenderCertificateBytes,
} from '../keys.js';
import { signServerKeys, verifyServerKeys, type ServerKeys, type SignedServerKeys } from './server-keys.js';

/** All keys of a server that sign, and the document by which clients know them. */
export interface ServerKeyRing {
  readonly trustRoot: TrustRootPublicKey;
  /** Absent once the operator has moved it offline: needed only to change the other keys. */
  readonly trustRootPrivateKey: TrustRootPrivateKey | undefined;
  readonly certificateKey: CertificatePrivateKey;
  readonly receiptKey: ReceiptKey;
  readonly keys: ServerKeys;
  readonly signed: SignedServerKeys;
}

const FIRST_VERSION = 1;

/** Names under which the parts are stored. */
const STORED = {
  trustRoot: 'trust-root',
  trustRootPrivateKey: 'trust-root-private',
  certificateKey: 'certificate-key',
  receiptKey: 'receipt-key',
  document: 'server-keys',
  signature: 'server-keys-signature',
} as const;

/** Makes the keys of a new server, at its first start. */
export const createServerKeys = (random: RandomSource): ServerKeyRing => {
  const trustRootPrivateKey = curvePrivateKey(TrustRootPrivateKey, random.bytes(32));
  const certificateKey = curvePrivateKey(CertificatePrivateKey, random.bytes(32));
  const receiptKey = ReceiptKey.generate(random);
  const keys: ServerKeys = {
    version: FIRST_VERSION,
    certificate: newServerCertificate(
      FIRST_VERSION,
      CertificatePublicKey.of(curvePublicKey(certificateKey)),
      trustRootPrivateKey,
    ),
    receiptKey: ReceiptPublicKey.of(ed25519PublicKey(receiptKey.unwrap())),
  };
  return {
    trustRoot: TrustRootPublicKey.of(curvePublicKey(trustRootPrivateKey)),
    trustRootPrivateKey,
    certificateKey,
    receiptKey,
    keys,
    signed: signServerKeys(keys, trustRootPrivateKey),
  };
};

/** The parts of a key ring by name, for storage. The bytes are the secrets themselves. */
export const encodeServerKeyRing = (ring: ServerKeyRing): ReadonlyMap<string, Bytes> => {
  const parts = new Map<string, Bytes>([
    [STORED.trustRoot, ring.trustRoot],
    [STORED.certificateKey, ring.certificateKey.unwrap()],
    [STORED.receiptKey, ring.receiptKey.unwrap()],
    [STORED.document, ring.signed.bytes],
    [STORED.signature, ring.signed.signature],
  ]);
  if (ring.trustRootPrivateKey !== undefined) parts.set(STORED.trustRootPrivateKey, ring.trustRootPrivateKey.unwrap());
  return parts;
};

/**
 * Takes up a stored key ring. Throws, naming the part, if one is missing or does not belong to the others: a server must not
 * start with keys under which its clients would refuse everything. Other names in the map are left aside.
 */
export const loadServerKeys = (parts: ReadonlyMap<string, Uint8Array>): ServerKeyRing => {
  const part = <Value>(name: string, role: { parse(bytes: Uint8Array): Value | undefined }): Value => {
    const bytes = parts.get(name);
    const value = bytes && role.parse(bytes);
    if (value === undefined) throw new Error(`The stored server secret "${name}" is missing or damaged.`);
    return value;
  };
  const trustRoot = part(STORED.trustRoot, TrustRootPublicKey);
  const certificateKey = part(STORED.certificateKey, CertificatePrivateKey);
  const receiptKey = part(STORED.receiptKey, ReceiptKey);
  const trustRootPrivateKey = parts.has(STORED.trustRootPrivateKey)
    ? part(STORED.trustRootPrivateKey, TrustRootPrivateKey)
    : undefined;
  const verdict = verifyServerKeys(trustRoot, {
    bytes: part(STORED.document, ServerKeysBytes),
    signature: part(STORED.signature, XEdDsaSignature),
  });
  if (verdict.outcome === 'refused')
    throw new Error(`The stored server keys do not verify under the stored trust root: ${verdict.reason}.`);
  const { keys, signed } = verdict;
  const certified = verifiedServerCertificateKey(keys.certificate, trustRoot);
  if (certified === undefined || !constantTimeEqual(certified, CertificatePublicKey.of(curvePublicKey(certificateKey))))
    throw new Error('The stored certificate key is not the one that the server keys name.');
  if (!constantTimeEqual(keys.receiptKey, ReceiptPublicKey.of(ed25519PublicKey(receiptKey.unwrap()))))
    throw new Error('The stored receipt key is not the one that the server keys name.');
  if (trustRootPrivateKey && !constantTimeEqual(trustRoot, TrustRootPublicKey.of(curvePublicKey(trustRootPrivateKey))))
    throw new Error('The stored private trust root is not the one that clients have pinned.');
  return { trustRoot, trustRootPrivateKey, certificateKey, receiptKey, keys, signed };
};

/** Issues the sender certificate of one device: its id and identity key, nothing about its account (SPEC §3.7). */
export const issueSenderCertificate = (
  ring: ServerKeyRing,
  device: { readonly deviceId: DeviceId; readonly identityKey: IdentityPublicKey },
  expiresAt: UnixMs,
): SenderCertificateBytes => newSenderCertificate(device, expiresAt, ring.keys.certificate, ring.certificateKey);
