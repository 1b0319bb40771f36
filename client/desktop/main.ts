import { dirname, join } from 'node:path';
import {
  app,
  BrowserWindow,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { runDesktop } from './desktop-app.js';
import { parseOptions } from './options.js';

const options = parseOptions(process.argv.slice(1));
if (options === undefined) {
  process.stderr.write('A profile name has 1 to 32 Latin letters, digits, "-" or "_", a letter or digit first.\n');
  app.exit(2);
} else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  // Not awaited: Electron is ready only when this file has been run to its end.
  runDesktop({
    electron: {
      app,
      BrowserWindow,
      ipcMain,
      Menu,
      MessageChannelMain,
      nativeTheme,
      protocol,
      safeStorage,
      screen,
      session,
      shell,
      utilityProcess,
    },
    options,
    uiFolder: join(dirname(import.meta.dirname), 'ui'),
    platform: process.platform,
  }).catch((error: unknown) => {
    process.stderr.write(`Sotto cannot start: ${error instanceof Error ? error.message : 'unknown'}\n`);
    app.exit(1);
  });
}
