// The last line of the gate: Jest's counts. A suite that did not load and a step that failed count as failures too, so that
// "0 failed" can only stand there when the whole gate passed.
import { readFileSync } from 'node:fs';
import { gateTotals } from './gate-totals.mjs';

const [reportPath = '', ...failedSteps] = process.argv.slice(2);

/** @returns {import('./gate-totals.mjs').JestReport | undefined} */
const read = () => {
  try {
    return JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    return undefined;
  }
};

console.log(gateTotals(read(), failedSteps));
