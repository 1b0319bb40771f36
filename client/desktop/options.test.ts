import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.js';

describe('the options of the desktop client', () => {
  it('have a place of their own without any argument', () => {
    expect(parseOptions([])).toEqual({
      profileFolder: join(homedir(), '.sotto', 'profiles', 'default'),
      defaultServer: '',
      passphraseFile: undefined,
    });
  });

  it('are read among those of Electron and Chromium, with paths made whole', () => {
    const args = ['--disable-gpu', 'main.js', '--data', 'here', '--profile=second', '--server', 'https://x.example'];
    expect(parseOptions([...args, '--passphrase-file', '/secret', '--password-store=basic'])).toEqual({
      profileFolder: resolve('here', 'second'),
      defaultServer: 'https://x.example',
      passphraseFile: '/secret',
    });
  });

  it.each(['', '..', '../x', 'a/b', '-x', 'a'.repeat(33), 'имя'])('refuse the profile name %j', (profile) => {
    expect(parseOptions([`--profile=${profile}`])).toBeUndefined();
  });
});
