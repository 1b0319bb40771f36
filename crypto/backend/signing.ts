import { PrivateKey, PublicKey } from '@signalapp/libsignal-client';
import {
  XEdDsaSignature,
  type AccountIdentityKey,
  type AccountIdentityPrivateKey,
  type ByteRole,
  type Bytes,
  type CertificatePrivateKey,
  type IdentityPrivateKey,
  type IdentityPublicKey,
  type TrustRootPrivateKey,
  type TrustRootPublicKey,
} from '../keys.js';
import { wipe } from '../secret.js';

type CurvePrivateKey = AccountIdentityPrivateKey | CertificatePrivateKey | IdentityPrivateKey | TrustRootPrivateKey;
type SigningPublicKey = AccountIdentityKey | IdentityPublicKey | TrustRootPublicKey;
type SigningPrivateKey = AccountIdentityPrivateKey | IdentityPrivateKey | TrustRootPrivateKey;

/**
 * Makes a Curve25519 private key of 32 random or derived bytes: clamped (RFC 7748 §5), as libsignal keeps them. Wipes
 * `bytes`, which are as good as the key.
 */
export const curvePrivateKey = <Key extends CurvePrivateKey>(role: ByteRole<Key>, bytes: Bytes): Key => {
  const clamped = PrivateKey.deserialize(bytes).serialize();
  const privateKey = role.of(clamped);
  wipe(bytes);
  wipe(clamped);
  return privateKey;
};

/** The libsignal public key, type byte and 32 bytes, of a private one. */
export const curvePublicKey = (privateKey: CurvePrivateKey): Bytes =>
  PrivateKey.deserialize(privateKey.unwrap()).getPublicKey().serialize();

/** XEdDSA (https://signal.org/docs/specifications/xeddsa/) over `message`. Randomised: no two signatures are alike. */
export const xEdDsaSign = (privateKey: SigningPrivateKey, message: Bytes): XEdDsaSignature =>
  XEdDsaSignature.of(PrivateKey.deserialize(privateKey.unwrap()).sign(message));

/** Does the XEdDSA signature by `publicKey` cover `message`? */
export const xEdDsaVerify = (publicKey: SigningPublicKey, message: Bytes, signature: XEdDsaSignature): boolean =>
  PublicKey.deserialize(publicKey).verify(message, signature);
