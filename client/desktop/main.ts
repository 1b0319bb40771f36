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
import { loadPageFiles } from './window-page.js';

// Started as `electron main.js …` the program's own name is an argument too.
const options = parseOptions(process.argv.slice(app.isPackaged ? 1 : 2));
if (options === undefined) {
  process.stderr.write('A profile name has 1 to 32 Latin letters, digits, "-" or "_", a letter or digit first.\n');
  app.exit(2);
} else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  // Not awaited here: Electron is ready only when this file has been run to its end.
  void runDesktop({
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
    pageFiles: loadPageFiles(join(dirname(import.meta.dirname), 'ui')),
    platform: process.platform,
  });
}
