import { createFakeElectron } from './fake-electron.js';

/** What `import … from 'electron'` gives in tests: one program on the fake, so that its main file itself can be run. */
export const fakeElectron = createFakeElectron();

export const {
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
} = fakeElectron.electron;
