import { describe, expect, it } from '@jest/globals';
import { ScannableSafetyNumber } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { testAccount } from '../testing/test-account.js';
import { compareSafetyNumbers, safetyNumberOf, type SafetyNumberSide } from './safety-number.js';

const side = (seed: string): SafetyNumberSide => {
  const { account } = testAccount(seed);
  return { accountId: account.accountId, accountIdentityKey: account.root.accountIdentityKey };
};
const alice = side('alice');
const bob = side('bob');
const mallory = side('mallory');

describe('a safety number', () => {
  it('is 60 digits, the same on both sides', () => {
    const { digits } = safetyNumberOf(alice, bob);
    expect(digits).toMatch(/^[0-9]{60}$/);
    expect(safetyNumberOf(bob, alice).digits).toBe(digits);
  });

  it('matches what the other side shows', () => {
    expect(compareSafetyNumbers(safetyNumberOf(alice, bob), safetyNumberOf(bob, alice).scannable)).toBe('match');
  });

  it('changes with the key or the id of either side', () => {
    const numbers = [
      safetyNumberOf(alice, bob),
      safetyNumberOf(alice, mallory),
      safetyNumberOf(alice, { ...bob, accountIdentityKey: mallory.accountIdentityKey }),
      safetyNumberOf(alice, { ...bob, accountId: mallory.accountId }),
      safetyNumberOf({ ...alice, accountIdentityKey: mallory.accountIdentityKey }, bob),
    ];
    expect(new Set(numbers.map(({ digits }) => digits)).size).toBe(numbers.length);
  });

  it('does not match when somebody stands between the two', () => {
    const seenByAlice = safetyNumberOf(alice, { ...bob, accountIdentityKey: mallory.accountIdentityKey });
    expect(compareSafetyNumbers(seenByAlice, safetyNumberOf(bob, alice).scannable)).toBe('mismatch');
  });

  it('does not match the own code shown back', () => {
    const own = safetyNumberOf(alice, bob);
    expect(compareSafetyNumbers(own, own.scannable)).not.toBe('match');
  });

  it('is unreadable where it is none, or of another version', () => {
    const own = safetyNumberOf(alice, bob);
    const scanned = safetyNumberOf(bob, alice).scannable;
    expect(compareSafetyNumbers(own, ScannableSafetyNumber.of(new Uint8Array(74)))).toBe('unreadable');
    expect(compareSafetyNumbers(own, ScannableSafetyNumber.of(scanned.with(1, 3)))).toBe('unreadable');
  });

  it('never matches with a flipped bit', () => {
    const own = safetyNumberOf(alice, bob);
    const matching = Array.from(flippedBits(safetyNumberOf(bob, alice).scannable)).filter(
      ({ bytes }) => compareSafetyNumbers(own, ScannableSafetyNumber.of(bytes)) === 'match',
    );
    expect(matching.map(({ name }) => name)).toEqual([]);
  });
});
