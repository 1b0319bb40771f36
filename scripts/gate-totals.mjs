/**
 * @typedef {object} JestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {number} numRuntimeErrorTestSuites
 */

/** The step whose failures are counted one by one. */
const TESTS = 'tests';

/**
 * @param {JestReport | undefined} report what Jest wrote; `undefined` when it did not get that far
 * @param {readonly string[]} failedSteps
 * @returns {string} `N passed, N failed`, and `, N skipped` when there are any
 */
export const gateTotals = (report, failedSteps) => {
  const failedTests = report ? report.numFailedTests + report.numRuntimeErrorTestSuites : 0;
  // Tests can fail without a failed test: a build that breaks, or Jest itself.
  const tests = failedSteps.includes(TESTS) ? Math.max(failedTests, 1) : failedTests;
  const failed = tests + failedSteps.filter((step) => step !== TESTS).length;
  const skipped = report ? report.numPendingTests + report.numTodoTests : 0;
  return `${report?.numPassedTests ?? 0} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
};
