import { describe, expect, it } from '@jest/globals';
import { gateTotals } from './gate-totals.mjs';

const report = {
  numPassedTests: 40,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
};

describe('the last line of the gate', () => {
  it('is what Jest counted', () => {
    expect(gateTotals(report, [])).toBe('40 passed, 0 failed');
    expect(gateTotals({ ...report, numPendingTests: 2, numTodoTests: 1 }, [])).toBe('40 passed, 0 failed, 3 skipped');
    expect(gateTotals({ ...report, numFailedTests: 3 }, ['tests'])).toBe('40 passed, 3 failed');
  });

  it('counts a suite that did not load, and a step that failed', () => {
    expect(gateTotals({ ...report, numRuntimeErrorTestSuites: 1 }, ['tests'])).toBe('40 passed, 1 failed');
    expect(gateTotals(report, ['lint', 'format'])).toBe('40 passed, 2 failed');
  });

  it('never says "0 failed" of tests that did not end well', () => {
    expect(gateTotals(report, ['tests'])).toBe('40 passed, 1 failed');
    expect(gateTotals(undefined, ['install'])).toBe('0 passed, 1 failed');
    expect(gateTotals(undefined, ['build', 'tests'])).toBe('0 passed, 2 failed');
  });
});
