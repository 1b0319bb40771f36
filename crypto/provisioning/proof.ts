import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { hmacSha256 } from '../backend/noble.js';
import { xEdDsaSign, xEdDsaVerify } from '../backend/signing.js';
import { concatenate, labelBytes } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import type { DeviceKeys } from '../identity/device-keys.js';
import { Ed25519Signature, LinkContest, XEdDsaSignature, type Bytes, type LinkTranscript } from '../keys.js';
import { LABELS } from '../labels.js';
import type { NewDevice } from './introduction.js';
import type { LinkCode } from './link-code.js';

/** Two signatures of 64 bytes. */
export const PROOF_LENGTH = 128;

const proved = (transcript: LinkTranscript): Bytes => concatenate(labelBytes(LABELS.linkProof), transcript);

/** Shows that a new device holds DSK and IK: signatures by both over `"slk1/proof" ‖ transcript`. */
export const makeProof = (keys: DeviceKeys, transcript: LinkTranscript): Bytes =>
  concatenate(
    ed25519Sign(keys.signingKey.unwrap(), proved(transcript)),
    xEdDsaSign(keys.identityKeyPair.privateKey, proved(transcript)),
  );

/** Does `proof` show that the peer of this transcript holds the keys that it introduced? Any other device's proof does not. */
export const verifyProof = (device: NewDevice, transcript: LinkTranscript, proof: Uint8Array): boolean => {
  const dskSignature = Ed25519Signature.parse(proof.subarray(0, 64));
  const ikSignature = XEdDsaSignature.parse(proof.subarray(64));
  return (
    dskSignature !== undefined &&
    ikSignature !== undefined &&
    ed25519Verify(device.signingKey, proved(transcript), dskSignature) &&
    xEdDsaVerify(device.identityKey, proved(transcript), ikSignature)
  );
};

/**
 * What a new device sends that finds its code claimed by somebody else: `HMAC(S, "slk1/contest" ‖ sid)`. It shows that its maker
 * has seen the code, so the server can neither make nor move one; who claimed first may be a thief with a photograph.
 */
export const contestLink = ({ token, secret }: LinkCode): LinkContest =>
  LinkContest.of(hmacSha256(secret.unwrap(), concatenate(labelBytes(LABELS.linkContest), token.sessionId)));

/** Does somebody who holds the code say that it was claimed by another? */
export const isContest = (code: LinkCode, contest: Uint8Array): boolean =>
  constantTimeEqual<Uint8Array>(contest, contestLink(code));
