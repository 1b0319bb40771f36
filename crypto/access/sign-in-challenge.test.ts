import { describe, expect, it } from '@jest/globals';
import { ChallengeKey, SignInChallenge } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { at, NOW } from '../testing/test-account.js';
import { issueSignInChallenge, verifySignInChallenge } from './sign-in-challenge.js';

const FIVE_MINUTES_MS = 300_000;
const random = seededRandomForTesting('challenge');
const key = ChallengeKey.generate(random);
const challenge = issueSignInChallenge(key, NOW);

describe('a sign-in challenge', () => {
  it('is fresh for five minutes', () => {
    expect(verifySignInChallenge(key, challenge, NOW)).toBe('fresh');
    expect(verifySignInChallenge(key, challenge, at(NOW + FIVE_MINUTES_MS))).toBe('fresh');
    expect(verifySignInChallenge(key, challenge, at(NOW + FIVE_MINUTES_MS + 1))).toBe('expired');
  });

  it('from a time that has not come yet is not taken: the clock was set back', () => {
    expect(verifySignInChallenge(key, challenge, at(NOW - 1))).toBe('expired');
  });

  it('carries the server time in its first eight bytes', () => {
    expect(new DataView(challenge.buffer).getBigUint64(0)).toBe(BigInt(NOW));
  });

  it('is forged with any flipped bit, or under another key', () => {
    for (const { bytes } of flippedBits(challenge))
      expect(verifySignInChallenge(key, SignInChallenge.of(bytes), NOW)).toBe('forged');
    expect(verifySignInChallenge(ChallengeKey.generate(random), challenge, NOW)).toBe('forged');
  });
});
