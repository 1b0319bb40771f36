import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { claimProblems } from './claim-rules.mjs';

/** Those of the linking protocol. */
const CLAIMS = Array.from({ length: 14 }, (_, index) => `P${index + 1}`);
const REGISTER = 'docs/claims.md';

const tests = execFileSync('git', ['ls-files', '-z', '*.test.ts', '*.test.tsx'], { encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(path) && !path.startsWith('scripts/'))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const problems = claimProblems(readFileSync(REGISTER, 'utf8'), tests, CLAIMS);
for (const problem of problems) console.error(`${REGISTER}: ${problem}`);
console.log(`claims: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
