import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDesktop } from '../desktop-app.js';
import { createFakeElectron, type FakeElectron } from './fake-electron.js';
import type { FakeWindow } from './fake-window.js';
import { until } from '../../core/testing/until.js';
import { temporaryFolder } from '../../core/testing/temporary-profile.js';

/** A utility process that does nothing but keep what it is told, and end when it is asked to. */
export class SilentProcess extends EventEmitter {
  readonly heard: unknown[] = [];
  readonly ports: object[] = [];
  killed = false;

  postMessage(message: { readonly type: string }, ports: readonly object[] = []): void {
    this.heard.push(message);
    this.ports.push(...ports);
    if (message.type === 'stop') setImmediate(() => this.emit('exit', 0));
  }

  kill(): boolean {
    this.killed = true;
    setImmediate(() => this.emit('exit', 15));
    return true;
  }
}

/** A built interface, as small as one can be. */
const smallInterface = (): string => {
  const folder = join(temporaryFolder(), 'ui');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Sotto</title>');
  writeFileSync(join(folder, 'assets', 'main.js'), 'export {};');
  return folder;
};

interface RunOptions {
  readonly fake?: FakeElectron;
  readonly profileFolder?: string;
  readonly platform?: NodeJS.Platform;
  readonly passphraseFile?: string;
}

/** The only window that is open. */
export const onlyWindow = ({ windows }: FakeElectron): FakeWindow => {
  const [window, ...more] = windows;
  if (window === undefined || more.length > 0) throw new Error(`${windows.size} windows are open`);
  return window;
};

/** Runs the program on the fake until its window has loaded its page. */
export const runOnFake = async ({
  fake = createFakeElectron({ fork: () => new SilentProcess() }),
  profileFolder = join(temporaryFolder(), 'profile'),
  platform = 'linux',
  passphraseFile,
}: RunOptions = {}): Promise<FakeElectron> => {
  const running = runDesktop({
    electron: fake.electron,
    options: { profileFolder, defaultServer: 'https://chat.example.org', passphraseFile },
    uiFolder: smallInterface(),
    platform,
  });
  fake.life.becomeReady();
  if ((await running) === 'running') await until(() => onlyWindow(fake).page !== undefined);
  return fake;
};
