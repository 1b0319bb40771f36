import { xEdDsaVerify } from '../backend/signing.js';
import {
  KyberPublicKey,
  parsePreKeyId,
  PreKeyPublicKey,
  XEdDsaSignature,
  type IdentityPublicKey,
  type PreKeyId,
} from '../keys.js';

/** Public half of a one-time prekey. */
export interface OneTimePreKey {
  readonly id: PreKeyId;
  readonly publicKey: PreKeyPublicKey;
}

/** Public half of the signed prekey, with the signature by IK over it. */
export interface SignedPreKey extends OneTimePreKey {
  readonly signature: XEdDsaSignature;
}

/** Public half of a one-time or last-resort Kyber prekey, with the signature by IK over it. */
export interface PublicKyberPreKey {
  readonly id: PreKeyId;
  readonly publicKey: KyberPublicKey;
  readonly signature: XEdDsaSignature;
}

/** A one-time prekey as it comes off the wire. */
export interface UntrustedPreKey {
  readonly id: number;
  readonly publicKey: Uint8Array;
}

/** A signed or Kyber prekey as it comes off the wire. */
export interface UntrustedSignedPreKey extends UntrustedPreKey {
  readonly signature: Uint8Array;
}

/** What is wrong with a prekey. `signature`: well formed, but not signed by the identity key that it should belong to. */
export type PreKeyFault = 'malformed' | 'signature';

/** Parses a one-time prekey. It carries no signature: a false one makes a session that its device cannot open. */
export const parseOneTimePreKey = (untrusted: UntrustedPreKey): OneTimePreKey | PreKeyFault => {
  const id = parsePreKeyId(untrusted.id);
  const publicKey = PreKeyPublicKey.parse(untrusted.publicKey);
  return id === undefined || publicKey === undefined ? 'malformed' : { id, publicKey };
};

/** Without the check of the signature a server could put in a key of its own and read what is encrypted to it. */
export const verifySignedPreKey = (
  identityKey: IdentityPublicKey,
  untrusted: UntrustedSignedPreKey,
): SignedPreKey | PreKeyFault => {
  const unsigned = parseOneTimePreKey(untrusted);
  const signature = XEdDsaSignature.parse(untrusted.signature);
  if (typeof unsigned === 'string' || signature === undefined) return 'malformed';
  return xEdDsaVerify(identityKey, unsigned.publicKey, signature) ? { ...unsigned, signature } : 'signature';
};

/** The same for a Kyber prekey. */
export const verifyKyberPreKey = (
  identityKey: IdentityPublicKey,
  untrusted: UntrustedSignedPreKey,
): PublicKyberPreKey | PreKeyFault => {
  const id = parsePreKeyId(untrusted.id);
  const publicKey = KyberPublicKey.parse(untrusted.publicKey);
  const signature = XEdDsaSignature.parse(untrusted.signature);
  if (id === undefined || publicKey === undefined || signature === undefined) return 'malformed';
  return xEdDsaVerify(identityKey, publicKey, signature) ? { id, publicKey, signature } : 'signature';
};
