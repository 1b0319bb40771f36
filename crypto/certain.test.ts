import { describe, expect, it } from '@jest/globals';
import { certain } from './certain.js';

describe('certain', () => {
  it('gives the value, also one that counts as false', () => {
    expect(certain(0, 'zero is a number')).toBe(0);
    expect(certain('', 'an empty text is a text')).toBe('');
  });

  it('throws, naming the broken reason', () => {
    expect(() => certain(undefined, 'pigs fly')).toThrow('This cannot be: pigs fly.');
  });
});
