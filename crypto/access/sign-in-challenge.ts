import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import { hmacSha256 } from '../backend/noble.js';
import { concatenate, labelBytes, u64Bytes } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { SignInChallenge, type Bytes, type ChallengeKey } from '../keys.js';
import { LABELS } from '../labels.js';

/** How long a person may take to sign in after asking how. */
const LIFETIME_MS = 5 * 60_000;
const TIME_LENGTH = 8;

/** `forged`: not of this server. `expired`: older than five minutes, or from a future that a clock set back has left. */
export type ChallengeVerdict = 'fresh' | 'expired' | 'forged';

const macOf = (key: ChallengeKey, time: Bytes): Bytes =>
  hmacSha256(key.unwrap(), concatenate(labelBytes(LABELS.signInChallenge), time));

/**
 * The server's time with a MAC over it, 8 + 32 bytes (SPEC §4.3). The server keeps nothing of it, so asking costs no memory
 * and a restart ends no sign-in.
 */
export const issueSignInChallenge = (key: ChallengeKey, now: UnixMs): SignInChallenge => {
  const time = u64Bytes(now);
  return SignInChallenge.of(concatenate(time, macOf(key, time)));
};

/** Did this server issue the challenge within the last five minutes? */
export const verifySignInChallenge = (key: ChallengeKey, challenge: SignInChallenge, now: UnixMs): ChallengeVerdict => {
  const time = challenge.slice(0, TIME_LENGTH);
  if (!constantTimeEqual(challenge.subarray(TIME_LENGTH), macOf(key, time))) return 'forged';
  const issuedAt = parseUnixMs(new DataView(time.buffer).getBigUint64(0));
  return issuedAt !== undefined && now >= issuedAt && now - issuedAt <= LIFETIME_MS ? 'fresh' : 'expired';
};
