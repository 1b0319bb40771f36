import { Fingerprint, PublicKey, ScannableFingerprint } from '@signalapp/libsignal-client';
import type { AccountIdentityKey, Bytes } from '../keys.js';

/** Rounds of SHA-512 that make searching for a look-alike slow; the number that libsignal's own clients use. */
const ITERATIONS = 5_200;

/** One side of a fingerprint. */
interface FingerprintSide {
  readonly identifier: Bytes;
  readonly key: AccountIdentityKey;
}

/** libsignal's numeric fingerprint: 60 digits, the same on both sides, and bytes that the other side can scan. */
export const fingerprintOf = (
  version: number,
  own: FingerprintSide,
  peer: FingerprintSide,
): { readonly digits: string; readonly scannable: Bytes } => {
  const fingerprint = Fingerprint.new(
    ITERATIONS,
    version,
    own.identifier,
    PublicKey.deserialize(own.key),
    peer.identifier,
    PublicKey.deserialize(peer.key),
  );
  return {
    digits: fingerprint.displayableFingerprint().toString(),
    scannable: fingerprint.scannableFingerprint().toBuffer(),
  };
};

/** Do both sides see the same keys? `undefined` if `scanned` is no fingerprint of this version. */
export const compareFingerprints = (own: Bytes, scanned: Bytes): boolean | undefined => {
  try {
    return ScannableFingerprint._fromBuffer(own).compare(ScannableFingerprint._fromBuffer(scanned));
  } catch {
    // libsignal throws for what it cannot read.
    return undefined;
  }
};
