import { describe, expect, it } from '@jest/globals';
import { StretchSalt } from '../keys.js';
import {
  acceptStretch,
  DEFAULT_STRETCH_COST,
  isAcceptableCost,
  type StretchCost,
  type StretchRefusal,
} from './stretch-parameters.js';

const SALT = StretchSalt.of(new Uint8Array(16).fill(1));
const pinned = { salt: SALT, cost: { memoryKiB: 131_072, iterations: 4, parallelism: 4 } };

const judge = (
  cost: Partial<StretchCost>,
  pin?: typeof pinned,
  salt: Uint8Array = SALT,
): StretchRefusal | 'accepted' => {
  const verdict = acceptStretch(pin, { salt, cost: { ...DEFAULT_STRETCH_COST, ...cost } });
  return verdict.outcome === 'accepted' ? 'accepted' : verdict.reason;
};

describe('acceptStretch at first contact', () => {
  it('takes what is at or above the floor and at or below the ceiling', () => {
    expect(judge({})).toBe('accepted');
    expect(judge({ memoryKiB: 65_536, iterations: 3, parallelism: 1 })).toBe('accepted');
    expect(judge({ memoryKiB: 1_048_576, iterations: 64, parallelism: 16 })).toBe('accepted');
  });

  it.each<[string, Partial<StretchCost>, StretchRefusal]>([
    ['less memory than 64 MiB', { memoryKiB: 65_535 }, 'tooCheap'],
    ['fewer passes than three', { iterations: 2 }, 'tooCheap'],
    ['no lanes', { parallelism: 0 }, 'tooCheap'],
    ['a negative cost', { memoryKiB: -1 }, 'tooCheap'],
    ['more memory than 1 GiB', { memoryKiB: 1_048_577 }, 'tooExpensive'],
    ['more passes than 64', { iterations: 65 }, 'tooExpensive'],
    ['more lanes than 16', { parallelism: 17 }, 'tooExpensive'],
    ['half a pass', { iterations: 3.5 }, 'malformed'],
    ['no number', { memoryKiB: Number.NaN }, 'malformed'],
    ['an infinite number', { iterations: Number.POSITIVE_INFINITY }, 'malformed'],
  ])('refuses %s', (_, cost, reason) => {
    expect(judge(cost)).toBe(reason);
    expect(isAcceptableCost({ ...DEFAULT_STRETCH_COST, ...cost })).toBe(false);
  });

  it('refuses a salt of another length', () => {
    expect(judge({}, undefined, new Uint8Array(15))).toBe('malformed');
  });
});

describe('acceptStretch after the parameters were pinned', () => {
  it('takes the same and higher costs', () => {
    expect(judge(pinned.cost, pinned)).toBe('accepted');
    expect(judge({ ...pinned.cost, memoryKiB: 262_144 }, pinned)).toBe('accepted');
    expect(judge({ ...pinned.cost, iterations: 5 }, pinned)).toBe('accepted');
  });

  it('refuses a lower cost though it is above the floor: the server wants the secret cheap', () => {
    expect(judge({ ...pinned.cost, memoryKiB: 131_071 }, pinned)).toBe('lowered');
    expect(judge({ ...pinned.cost, iterations: 3 }, pinned)).toBe('lowered');
    expect(judge({ ...pinned.cost, memoryKiB: 1_048_576, iterations: 3 }, pinned)).toBe('lowered');
  });

  it('refuses another salt', () => {
    expect(judge(pinned.cost, pinned, new Uint8Array(16).fill(2))).toBe('saltChanged');
  });

  it('still refuses what nobody may accept', () => {
    expect(judge({ iterations: 65 }, pinned)).toBe('tooExpensive');
  });

  it('gives the parameters that it took', () => {
    const offered = { salt: new Uint8Array(SALT), cost: pinned.cost };
    expect(acceptStretch(pinned, offered)).toEqual({ outcome: 'accepted', parameters: pinned });
  });
});
