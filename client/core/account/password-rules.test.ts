import { describe, expect, it, jest } from '@jest/globals';
import { judgePassword } from './password-rules.js';

// Loading the dictionaries takes its time on a busy machine.
jest.setTimeout(60_000);

describe('judgePassword', () => {
  it.each([
    'correct horse battery staple',
    'Kx7!pQ2mZa',
    'trombone-basalt-kayak',
    'корова летит домой ночью',
    'x'.repeat(3) + 'Vq#8nW!z2Lk',
  ])('takes %s', async (password) => {
    expect(await judgePassword(password, ['anna'])).toEqual({ outcome: 'strong' });
  });

  it.each(['', 'Kx7!pQ2mZ', '🐴🐴🐴🐴🐴🐴🐴🐴🐴'])('finds %j too short', async (password) => {
    expect(await judgePassword(password, [])).toEqual({ outcome: 'tooShort', least: 10 });
  });

  it.each([
    'password123456',
    'qwertyuiop[]',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    'letmein2024!!',
    '1234567890123456',
    'iloveyou iloveyou',
    '19871987198719871987',
  ])('finds %s too weak', async (password) => {
    expect(await judgePassword(password, [])).toEqual({ outcome: 'tooWeak' });
  });

  it('knows that a name is the first thing to be guessed, also inside of an address', async () => {
    const password = 'Zhwtqkxbmv1!';
    expect(await judgePassword(password, ['anna'])).toEqual({ outcome: 'strong' });
    expect(await judgePassword(password, ['zhwtqkxbmv'])).toEqual({ outcome: 'tooWeak' });
    expect(await judgePassword(password, ['anna', 'zhwtqkxbmv@example.org'])).toEqual({ outcome: 'tooWeak' });
  });

  it('counts and judges what is stretched: the normal form', async () => {
    // Ten full-width letters are ten plain ones.
    expect(await judgePassword('ｑｗｅｒｔｙｕｉｏｐ', [])).toEqual({ outcome: 'tooWeak' });
    // Nine letters and a combining mark are nine characters.
    expect(await judgePassword('Kx7pQ2mZe\u0301', [])).toEqual({ outcome: 'tooShort', least: 10 });
  });

  it('answers in good time for a password as long as the bridge lets through', async () => {
    const begun = Date.now();
    await judgePassword('password1'.repeat(110), ['anna']);
    expect(Date.now() - begun).toBeLessThan(5_000);
  });
});
