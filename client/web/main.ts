import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BridgeError } from '@sotto/client/bridge';
import { createCore } from '../core/index.js';
import { usualPort } from './usual-port.js';
import { startWebHost } from './web-host.js';

/**
 * The browser client as a process: a core on one profile, and the interface on a loopback port. A line on standard input asks
 * for another address, for another window.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(homedir(), '.sotto', 'profiles') },
    profile: { type: 'string', default: 'default' },
    server: { type: 'string', default: '' },
    port: { type: 'string' },
    'passphrase-file': { type: 'string' },
  },
});

const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** What the person can do something about ends in words and code 1; anything else keeps its stack. */
class StartRefused extends Error {}

const WORDS = new Map<string, string>([
  [
    'profileInUse',
    `The profile "${values.profile}" is open in another program. Close that, or choose another with --profile.`,
  ],
  [
    'storageBroken',
    `The profile "${values.profile}" cannot be read. Keep its folder as it is, and restore a copy beside it.`,
  ],
  ['wrongPassphrase', 'The passphrase in the file does not open this profile. Nothing was changed.'],
]);

const start = async () => {
  if (!PROFILE.test(values.profile)) {
    throw new StartRefused('A profile name has 1 to 32 Latin letters, digits, "-" or "_", a letter or digit first.');
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535))
    throw new StartRefused('--port takes a number up to 65535.');
  const profileFolder = join(values.data, values.profile);
  const core = await createCore({ profileFolder });
  const passphraseFile = values['passphrase-file'];
  if (passphraseFile !== undefined) {
    const passphrase = (await readFile(passphraseFile, 'utf8')).replace(/\r?\n$/, '');
    const app = await core.call('getApp', {});
    if (app.phase === 'locked') await core.call('unlock', { passphrase });
  }
  const unprotected = (): boolean => core.keyProtection === 'keyFile';
  const host = await startWebHost({
    core,
    port: port ?? (await usualPort(resolve(profileFolder))),
    defaultServer: values.server,
    unprotected,
  });
  process.stdout.write(`${host.address}\n`);
  process.stdin.on('data', () => process.stdout.write(`${host.newAddress()}\n`));
  process.stdin.on('error', () => undefined);

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await host.stop();
    await core.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopping ??= stop();
    });
  }
};

try {
  await start();
} catch (error) {
  const words = error instanceof BridgeError ? WORDS.get(error.failure.code) : undefined;
  if (words === undefined && !(error instanceof StartRefused)) throw error;
  process.stderr.write(`${words ?? (error instanceof Error ? error.message : '')}\n`);
  process.exitCode = 1;
}
