import { describe, expect, it } from '@jest/globals';
import { parseUnixMs } from '@sotto/protocol/ids';
import { newTotpSecret, totpEnrolment, totpStep } from './totp.js';

/** RFC 6238, appendix B, SHA-1: the last six of the eight digits. */
const SECRET = new Uint8Array(Buffer.from('12345678901234567890'));
const VECTORS = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

const at = (seconds: number) => parseUnixMs(seconds * 1_000)!;

describe('Codes of an authenticator', () => {
  it.each(VECTORS)('are those of RFC 6238 at %d s', (seconds, code) => {
    expect(totpStep(SECRET, code, at(seconds))).toBe(Math.floor(seconds / 30));
  });

  it('are good one step before and after, and no further', () => {
    const step = Math.floor(1_111_111_111 / 30);
    for (const seconds of [1_111_111_111 - 30, 1_111_111_111 + 30])
      expect(totpStep(SECRET, '050471', at(seconds))).toBe(step);
    for (const seconds of [1_111_111_111 - 61, 1_111_111_111 + 61])
      expect(totpStep(SECRET, '050471', at(seconds))).toBeUndefined();
  });

  it('are of one secret alone', () => {
    expect(totpStep(newTotpSecret(), '287082', at(59))).toBeUndefined();
    expect(totpStep(SECRET, '000000', at(59))).toBeUndefined();
  });

  it('come from what is scanned or typed', () => {
    const { secret, uri } = totpEnrolment(SECRET, 'anna');
    expect(secret).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const address = new URL(uri);
    expect(address.protocol).toBe('otpauth:');
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      issuer: 'Sotto',
      secret,
      digits: '6',
      period: '30',
    });
    expect(decodeURIComponent(address.pathname)).toContain('anna');
  });
});
