import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build, DIR_TARGET, Platform } from 'electron-builder';
import config from '../electron-builder.config.mjs';
import { stageDesktop } from './stage-desktop.mjs';

const ROOT = dirname(import.meta.dirname);
const require = createRequire(createRequire(import.meta.url).resolve('electron-builder'));

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sotto-pack-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Stands for Electron's own folder: packing copies it as it is. */
const dummyElectron = (): string => {
  const folder = join(scratch, 'electron');
  mkdirSync(join(folder, 'resources'), { recursive: true });
  writeFileSync(join(folder, 'electron'), '#!/bin/sh\n');
  chmodSync(join(folder, 'electron'), 0o755);
  writeFileSync(join(folder, 'LICENSE'), 'licence');
  return folder;
};

const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as {
  validateConfiguration: (given: unknown, debug: { isEnabled: boolean; add: () => void }) => Promise<void>;
};
const validate = (given: unknown): Promise<void> => validateConfiguration(given, { isEnabled: false, add: () => {} });

describe('the package of the desktop client', () => {
  it('has a configuration that electron-builder takes, and that it would refuse with a word that it does not know', async () => {
    await expect(validate(config)).resolves.toBeUndefined();
    await expect(validate({ ...config, electronFuse: {} })).rejects.toThrow('electronFuse');
  });

  it('is closed by its fuses', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('holds the programs, the interface, and native code of one platform alone', async () => {
    const app = join(scratch, 'app');
    stageDesktop(app, 'linux-x64');
    const output = join(scratch, 'out');
    await build({
      projectDir: ROOT,
      publish: 'never',
      targets: Platform.LINUX.createTarget(DIR_TARGET),
      // The dummy has no fuses to be blown.
      config: { ...config, directories: { app, output }, electronDist: dummyElectron(), electronFuses: null },
    });
    const folder = readdirSync(output).find((name) => name.endsWith('unpacked')) ?? '';
    const resources = join(output, folder, 'resources');
    const { listPackage } = require('@electron/asar') as { listPackage: (path: string, o: object) => string[] };
    const inside = listPackage(join(resources, 'app.asar'), { isPack: false });
    for (const file of ['main.js', 'core-process.js', 'preload/preload.cjs'])
      expect(inside).toContain(`/desktop/${file}`);
    expect(inside).toContain('/ui/index.html');
    const prebuilds = inside.filter((path) =>
      /\/(signalapp|argon2|sqlcipher|libsignal-client).*\/prebuilds\/[^/]+$/.test(path),
    );
    expect(prebuilds.map((path) => path.split('/').at(-1))).toEqual(['linux-x64', 'linux-x64', 'linux-x64']);
    expect(existsSync(join(resources, 'app.asar.unpacked/node_modules/argon2/prebuilds/linux-x64'))).toBe(true);
  });
});
