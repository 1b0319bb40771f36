import { describe, expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { RandomIds } from './random-ids.js';

describe('random ids', () => {
  it('are UUIDs of version 4 that take everything else from the randomness', () => {
    const ids = (byte: number) => new RandomIds({ bytes: (length) => new Uint8Array(length).fill(byte) });
    expect(ids(0).messageId()).toBe('00000000-0000-4000-8000-000000000000');
    expect(ids(255).envelopeId()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
  });

  it('do not repeat themselves', () => {
    const ids = new RandomIds(systemRandom);
    const made = Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? ids.messageId() : ids.envelopeId()));
    expect(new Set(made).size).toBe(1_000);
  });

  it('are not made from a source that gives another length', () => {
    expect(() => new RandomIds({ bytes: () => new Uint8Array(15) }).messageId()).toThrow('number of bytes');
  });
});
