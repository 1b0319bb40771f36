import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DesktopOptions {
  readonly profileFolder: string;
  /** Empty: none is proposed. */
  readonly defaultServer: string;
  readonly passphraseFile: string | undefined;
}

const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/**
 * Reads the program's arguments. Others among them are meant for Chromium or name the program itself, and are passed over.
 * `undefined` for a profile name that cannot be.
 */
export const parseOptions = (args: readonly string[]): DesktopOptions | undefined => {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      profile: { type: 'string' },
      server: { type: 'string' },
      'passphrase-file': { type: 'string' },
    },
  });
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const profile = text(values.profile) ?? 'default';
  if (!PROFILE.test(profile)) return undefined;
  return {
    profileFolder: resolve(text(values.data) ?? join(homedir(), '.sotto', 'profiles'), profile),
    defaultServer: text(values.server) ?? '',
    passphraseFile: text(values['passphrase-file']),
  };
};
