import { describe, expect, it } from '@jest/globals';
import { constantTimeEqual } from './constant-time.js';
import { flippedBits } from './testing/corruption.js';

describe('constantTimeEqual', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);

  it('is true for the same bytes, also in another array', () => {
    expect(constantTimeEqual(bytes, new Uint8Array(bytes))).toBe(true);
    expect(constantTimeEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it('is false for every single bit that differs', () => {
    for (const changed of flippedBits(bytes)) expect(constantTimeEqual(bytes, changed.bytes)).toBe(false);
  });

  it('is false, and does not throw, for another length', () => {
    expect(constantTimeEqual(bytes, bytes.subarray(0, 31))).toBe(false);
    expect(constantTimeEqual(bytes.subarray(0, 31), bytes)).toBe(false);
    expect(constantTimeEqual(bytes, new Uint8Array(0))).toBe(false);
  });
});
