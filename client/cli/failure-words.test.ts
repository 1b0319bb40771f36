import { describe, expect, it } from '@jest/globals';
import { BRIDGE_ERROR_CODES } from '../bridge/index.js';
import { failureWords } from './failure-words.js';

describe('failureWords', () => {
  it('has whole sentences for every code, different ones for different codes', () => {
    const all = BRIDGE_ERROR_CODES.map((code) => failureWords({ code, params: {} }));
    for (const words of all) expect(words).toMatch(/^[A-Z].*\.$|sotto [a-z-]+$/);
    expect(new Set(all).size).toBe(all.length);
  });

  it('fills the facts in and leaves a mark where one is missing', () => {
    expect(failureWords({ code: 'passwordTooShort', params: { least: 12 } })).toContain('at least 12 characters');
    expect(failureWords({ code: 'passwordTooShort', params: {} })).toContain('{least}');
  });
});
