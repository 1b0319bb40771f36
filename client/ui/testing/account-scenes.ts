import type { Page } from 'playwright-core';
import { BridgeError, UnixMsValue } from '@sotto/client/bridge';
import type { FakeCore } from './fake-core.js';
import { DAY, fillChats, NOON, openMenu, press, type Scene } from './scene.js';

const ACCOUNT = 'dialog .dialog-section .button >> nth=0';

/** Opens Settings, Account, and from there the button with this number. */
const inAccount =
  (button?: number) =>
  async (page: Page): Promise<void> => {
    await openMenu(page);
    await press('[role=menuitem]')(page);
    await press(ACCOUNT)(page);
    await page.locator('dialog .dialog-section').nth(5).waitFor();
    if (button !== undefined) await press(`dialog .dialog-section .button >> nth=${String(button)}`)(page);
  };
const withPassword = async (page: Page): Promise<void> => {
  await page.locator('dialog input[type=password]').first().fill('right password');
  await press('dialog form .button[type=submit]')(page);
};
const filled = (core: FakeCore): void => {
  fillChats(core);
  core.setPage({ email: 'alice@example.org', emailConfirmedAt: UnixMsValue.parse(NOON - 20 * DAY) });
};

/** The account as its owner sees and changes it. */
export const ACCOUNT_SCENES: readonly Scene[] = [
  { name: 'account', set: filled, act: inAccount() },
  {
    name: 'account-closed',
    set: (core) => {
      fillChats(core);
      core.setPage({
        pendingEmail: 'somebody.with.a.very.long.address@mail.department.example.org',
        secondFactor: true,
        backupCodes: 3,
        linkingLocked: true,
        keysClosed: true,
      });
    },
    act: inAccount(),
  },
  {
    name: 'account-away',
    set: (core) => {
      fillChats(core);
      core.fail('accountPage', new BridgeError('serverAway'));
    },
    act: async (page) => {
      await openMenu(page);
      await press('[role=menuitem]')(page);
      await press(ACCOUNT)(page);
      await page.locator('dialog [role=alert]').waitFor();
    },
  },
  {
    name: 'change-email',
    set: (core) => {
      filled(core);
      core.fail('changeEmail', new BridgeError('emailTaken'));
    },
    act: async (page) => {
      await inAccount(0)(page);
      await page.locator('dialog input').first().fill('bob@example.org');
      await withPassword(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'confirm-email',
    set: (core) => {
      fillChats(core);
      core.setPage({ pendingEmail: 'alice@example.org' });
    },
    act: inAccount(0),
  },
  {
    name: 'change-password',
    set: filled,
    act: async (page) => {
      await inAccount(1)(page);
      await page.locator('dialog input').last().fill('short');
      await withPassword(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'earlier-password',
    set: (core) => {
      filled(core);
      core.setPage({ keysClosed: true });
    },
    act: inAccount(1),
  },
  {
    name: 'factor-confirm',
    set: filled,
    act: async (page) => {
      await inAccount(2)(page);
      await withPassword(page);
      await page.locator('dialog .qr').waitFor();
    },
  },
  {
    name: 'backup-codes',
    set: filled,
    act: async (page) => {
      await inAccount(2)(page);
      await withPassword(page);
      await page.locator('dialog .qr').waitFor();
      await page.locator('dialog input').fill('482917');
      await press('dialog form .button[type=submit]')(page);
      await page.locator('.backup-codes').waitFor();
    },
  },
  { name: 'erase-here', set: filled, act: inAccount(5) },
  { name: 'delete-account', set: filled, act: inAccount(6) },
  {
    name: 'reset-send',
    options: { phase: 'noAccount', mail: true },
    act: async (page) => {
      await press('.entrance-actions .equal-buttons .button >> nth=0')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').first().fill('alice');
      await press('.entrance .button-wide.button-quiet')(page);
    },
  },
  {
    name: 'reset-code',
    options: { phase: 'noAccount', mail: true },
    set: (core) => core.fail('resetPassword', new BridgeError('mailCodeUnknown')),
    act: async (page) => {
      await press('.entrance-actions .equal-buttons .button >> nth=0')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').first().fill('alice');
      await press('.entrance .button-wide.button-quiet')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').nth(0).fill('AB3D-EFGH-JKMN-PQRT');
      await page.locator('input').nth(1).fill('four unrelated words');
      await press('.entrance .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
];
