import { PrivateKey, PublicKey } from '@signalapp/libsignal-client';
import {
  XEdDsaSignature,
  type AccountIdentityKey,
  type AccountIdentityPrivateKey,
  type Bytes,
  type CertificatePrivateKey,
  type IdentityPrivateKey,
  type IdentityPublicKey,
  type TrustRootPrivateKey,
  type TrustRootPublicKey,
} from '../keys.js';

type CurvePrivateKey = AccountIdentityPrivateKey | CertificatePrivateKey | IdentityPrivateKey | TrustRootPrivateKey;
type SigningPublicKey = AccountIdentityKey | IdentityPublicKey | TrustRootPublicKey;
type SigningPrivateKey = AccountIdentityPrivateKey | IdentityPrivateKey | TrustRootPrivateKey;

/** 32 random or derived bytes as a Curve25519 private key in libsignal's own form (clamped, RFC 7748 §5). */
export const clampPrivateKey = (bytes: Bytes): Bytes => PrivateKey.deserialize(bytes).serialize();

/** The libsignal public key, type byte and 32 bytes, of a private one. */
export const curvePublicKey = (privateKey: CurvePrivateKey): Bytes =>
  PrivateKey.deserialize(privateKey.unwrap()).getPublicKey().serialize();

/** XEdDSA (https://signal.org/docs/specifications/xeddsa/) over `message`. Randomised: no two signatures are alike. */
export const xEdDsaSign = (privateKey: SigningPrivateKey, message: Bytes): XEdDsaSignature =>
  XEdDsaSignature.of(PrivateKey.deserialize(privateKey.unwrap()).sign(message));

/** Does the XEdDSA signature by `publicKey` cover `message`? */
export const xEdDsaVerify = (publicKey: SigningPublicKey, message: Bytes, signature: XEdDsaSignature): boolean =>
  PublicKey.deserialize(publicKey).verify(message, signature);
