import { describe, expect, it } from '@jest/globals';
import { claimProblems, claimsOfTests } from './claim-rules.mjs';

const TESTS = [
  { path: 'crypto/a.test.ts', text: "it('P1: the server reads nothing', run);" },
  { path: 'server/b.test.ts', text: 'it.each([[`P1, P2-clock: %s`]])("says", run); it("a wrong digit ends it", run);' },
];
const REGISTER = `# Claims

### P1: the server cannot read

- \`crypto/a.test.ts\`, \`server/b.test.ts\`

### P2: tokens do not live long

- \`server/b.test.ts\`

## What must fail

| a wrong digit | \`server/b.test.ts\` › a wrong digit ends it |
`;

const problems = (register: string, claims = ['P1', 'P2']): readonly string[] => claimProblems(register, TESTS, claims);

describe('the register of claims', () => {
  it('agrees with the tests', () => {
    expect(problems(REGISTER)).toEqual([]);
  });

  it.each([
    ['a claim that is missing', REGISTER, ['P1', 'P2', 'P3'], 'P3 is not in the register'],
    ['a claim without a test', REGISTER.replace('- `server/b.test.ts`', '-'), undefined, 'P2 has no test'],
    [
      'a test that is not registered',
      REGISTER.replace('`crypto/a.test.ts`, ', ''),
      undefined,
      'P1 does not name crypto/a.test.ts',
    ],
    ['a file that is gone', REGISTER.replaceAll('crypto/a', 'crypto/c'), undefined, 'crypto/c.test.ts is not there'],
    [
      'a file that tests another claim',
      `${REGISTER}\n### P3: more\n\n- \`crypto/a.test.ts\`\n`,
      undefined,
      'crypto/a.test.ts has no title that begins with P3',
    ],
    [
      'a test that has another name now',
      REGISTER.replace('ends it |', 'ends all |'),
      undefined,
      'server/b.test.ts has no test “a wrong digit ends all”',
    ],
  ])('does not hide %s', (_, register, claims, expected) => {
    expect(problems(register, claims)).toContain(expected);
  });

  it('knows a title by its beginning', () => {
    expect([
      ...claimsOfTests(`it("P4, P5: both", f); it('P3-replay: one', f); it('not P6: this', f); it('P7', f)`),
    ]).toEqual(['P4', 'P5', 'P3']);
  });
});
