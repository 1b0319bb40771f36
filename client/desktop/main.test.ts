import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { temporaryFolder } from '../core/testing/temporary-profile.js';
import { until } from '../core/testing/until.js';
import type { FakeElectron } from './testing/fake-electron.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const { argv } = process;
let said: string[];

beforeEach(() => {
  said = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  process.argv = argv;
  jest.restoreAllMocks();
  jest.resetModules();
  for (const signal of SIGNALS) process.removeAllListeners(signal);
});

/** Runs the program's main file as Electron does, up to the moment at which Electron is ready. */
const runMain = async (args: readonly string[]): Promise<FakeElectron> => {
  process.argv = ['electron', 'main.js', ...args];
  const { fakeElectron } = await import('./testing/electron.js');
  await import('./main.js');
  return fakeElectron;
};

describe('the main file of the desktop client', () => {
  it('says which profile names there can be, and ends', async () => {
    const { life, processes } = await runMain(['--profile', '../elsewhere']);
    expect([life.exitCode, processes]).toEqual([2, []]);
    expect(said).toEqual([expect.stringMatching(/^A profile name has 1 to 32 Latin letters/)]);
  });

  it('locks everything before Electron is ready, and says why it cannot start', async () => {
    const { app, life, schemes } = await runMain(['--data', join(temporaryFolder(), 'profiles')]);
    expect([life.sandboxed, schemes.length, app.listenerCount('web-contents-created')]).toEqual([true, 1, 1]);
    // Beside the source of this file lies the source of the interface, not its build.
    life.becomeReady();
    await until(() => life.exitCode !== undefined);
    expect([life.exitCode, said]).toEqual([
      1,
      [expect.stringMatching(/^Sotto cannot start: no content type is known/)],
    ]);
  });

  it.each(SIGNALS)('quits at %s', async (signal) => {
    const { life } = await runMain(['--data', join(temporaryFolder(), 'profiles')]);
    process.emit(signal);
    expect(life.exitCode).toBe(0);
  });
});
