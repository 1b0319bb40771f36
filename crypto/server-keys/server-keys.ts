import { verifiedServerCertificateKey } from '../backend/sender-certificates.js';
import { xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import { CanonicalWriter, readCanonical } from '../bytes.js';
import {
  ReceiptPublicKey,
  ServerCertificateBytes,
  ServerKeysBytes,
  XEdDsaSignature,
  type TrustRootPrivateKey,
  type TrustRootPublicKey,
} from '../keys.js';
import { LABELS } from '../labels.js';

/** The keys under which a server works now, signed by its trust root (SPEC §3.6). */
export interface ServerKeys {
  /** Counts up with every change of the keys. */
  readonly version: number;
  /** The libsignal certificate under which sender certificates are issued. */
  readonly certificate: ServerCertificateBytes;
  readonly receiptKey: ReceiptPublicKey;
}

/** Canonical bytes and the trust root's signature. */
export interface SignedServerKeys {
  readonly bytes: ServerKeysBytes;
  readonly signature: XEdDsaSignature;
}

/** The same as it comes from outside. */
export interface UntrustedServerKeys {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export type ServerKeysRefusal =
  | 'malformed'
  | 'badSignature'
  /** The trust root signed the document but not the certificate inside it. */
  | 'badCertificate';

export type ServerKeysVerdict =
  | { readonly outcome: 'valid'; readonly keys: ServerKeys; readonly signed: SignedServerKeys }
  | { readonly outcome: 'refused'; readonly reason: ServerKeysRefusal };

const NO_CREDENTIAL_KEYS = new Uint8Array(0);

/** The one encoding of a server-keys document; the field of the credential keys is empty. */
const encodeServerKeys = (keys: ServerKeys): ServerKeysBytes =>
  ServerKeysBytes.of(
    new CanonicalWriter(LABELS.serverKeys)
      .u32(keys.version)
      .variable(keys.certificate)
      .fixed(keys.receiptKey)
      .variable(NO_CREDENTIAL_KEYS)
      .finish(),
  );

/**
 * The fields of a server-keys document; `undefined` unless the bytes are one. Credential keys are left unread: a server that
 * has them still serves an end that does not know groups.
 */
export const parseServerKeys = (bytes: Uint8Array): ServerKeys | undefined =>
  readCanonical(bytes, LABELS.serverKeys, (reader) => {
    const version = reader.u32();
    const certificate = reader.required(ServerCertificateBytes.parse(reader.variable()));
    const receiptKey = reader.required(ReceiptPublicKey.parse(reader.fixed(32)));
    reader.variable();
    return { version, certificate, receiptKey };
  });

/** Signs a document with the trust root. */
export const signServerKeys = (keys: ServerKeys, trustRoot: TrustRootPrivateKey): SignedServerKeys => {
  const bytes = encodeServerKeys(keys);
  return { bytes, signature: xEdDsaSign(trustRoot, bytes) };
};

const refused = (reason: ServerKeysRefusal): ServerKeysVerdict => ({ outcome: 'refused', reason });

/** Verifies a document and the certificate inside it against a trust root. Whether the root is the right one: see `pin.ts`. */
export const verifyServerKeys = (trustRoot: TrustRootPublicKey, untrusted: UntrustedServerKeys): ServerKeysVerdict => {
  const bytes = ServerKeysBytes.parse(untrusted.bytes);
  const signature = XEdDsaSignature.parse(untrusted.signature);
  const keys = bytes && parseServerKeys(bytes);
  if (!bytes || !signature || !keys) return refused('malformed');
  if (!xEdDsaVerify(trustRoot, bytes, signature)) return refused('badSignature');
  return verifiedServerCertificateKey(keys.certificate, trustRoot) === undefined
    ? refused('badCertificate')
    : { outcome: 'valid', keys, signed: { bytes, signature } };
};
