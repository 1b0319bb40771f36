import { describe, expect, it } from '@jest/globals';
import { COMMANDS, helpText, parseCommandLine } from './arguments.js';

const refusal = (args: string[]): string => {
  const parsed = parseCommandLine(args);
  if (parsed.ok) throw new Error(`understood: ${args.join(' ')}`);
  return parsed.reason;
};

describe('parseCommandLine', () => {
  it('reads a command, its operands and options in any order', () => {
    const parsed = parseCommandLine(['--json', 'send', 'bob', 'hi there', '--profile', 'work', '--no-wait']);
    expect(parsed).toMatchObject({
      ok: true,
      commandLine: {
        command: 'send',
        operands: ['bob', 'hi there'],
        options: { profile: 'work', json: true, noWait: true, limit: 20, server: undefined },
      },
    });
  });

  it('takes a text that begins with a dash after "--", and "-" for standard input', () => {
    expect(parseCommandLine(['send', '--', 'bob', '--json'])).toMatchObject({
      ok: true,
      commandLine: { operands: ['bob', '--json'], options: { json: false } },
    });
    expect(parseCommandLine(['send', 'bob', '-'])).toMatchObject({ ok: true, commandLine: { operands: ['bob', '-'] } });
  });

  it('shows help for nothing and for --help', () => {
    expect(parseCommandLine([])).toMatchObject({ ok: true, commandLine: { command: 'help' } });
    expect(parseCommandLine(['send', '--help'])).toMatchObject({ ok: true, commandLine: { command: 'help' } });
  });

  it('says what is wrong', () => {
    expect(refusal(['sned', 'bob'])).toContain('"sned"');
    expect(refusal(['toString'])).toContain('"toString"');
    expect(refusal(['send', 'bob'])).toBe('Usage: sotto send NAME TEXT');
    expect(refusal(['status', 'extra'])).toBe('Usage: sotto status');
    expect(refusal(['status', '--verbose'])).toContain('--verbose');
    expect(refusal(['read', 'bob', '--limit', '0'])).toContain('--limit');
    expect(refusal(['read', 'bob', '--limit', '1e9'])).toContain('--limit');
  });

  it.each(['..', 'a/b', '', '.hidden', 'x'.repeat(33), 'a b'])('refuses the profile name %j', (name) => {
    expect(refusal(['status', '--profile', name])).toContain('profile');
  });

  it('has a line of help for every command', () => {
    for (const name of Object.keys(COMMANDS)) expect(helpText()).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  });
});
