/** One person and the account page in a real browser, with mail: in order, as somebody would who looks at everything once. */
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../harness/free-port.js';
import { startMailServer, type MailServer } from '../harness/mail-server.js';
import { startProcess, type Started } from '../harness/process.js';
import { startServerProcess, type ServerProcess } from '../harness/server-process.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';
import { findChromium, launchChromium, openWatched, type Watched } from './chromium.js';

const PROGRAM = createRequire(import.meta.url).resolve('../../client/dist/web/main.js');
const PASSWORD = 'correct-horse-battery-staple-42';
const SECOND = 'trombone-basalt-kayak';
const THIRD = 'lantern-orchid-vinegar';
const PATIENCE_MS = 30_000;
/** Where somebody wants to look at the pictures. */
const PICTURES = process.env['SOTTO_PICTURES'];

const executable = findChromium();
if (executable === undefined) {
  if (process.env['CI'] === 'true') throw new Error('Chromium is missing');
  process.stdout.write('Skipped: the account page in a browser, because no Chromium is installed.\n');
}

let folder: TemporaryFolder;
let mail: MailServer;
let server: ServerProcess;
let host: Started;
let browser: Browser;
let anna: Watched;

const dialog = (page: Page) => page.getByRole('dialog');
const press = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();
const type = (page: Page, label: string, text: string) => dialog(page).getByLabel(label, { exact: true }).fill(text);
const says = (page: Page, text: string | RegExp) => dialog(page).getByText(text).first().waitFor();
const openAccount = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await press(page, 'Account');
};
let pictures = 0;
const picture = async (page: Page): Promise<void> => {
  pictures += 1;
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `account-${String(pictures)}.png`) });
};

beforeAll(async () => {
  if (executable === undefined) return;
  folder = await temporaryFolder();
  mail = await startMailServer();
  server = await startServerProcess({
    dataFolder: join(folder.path, 'server'),
    port: await freePort(),
    env: { SOTTO_SMTP_URL: mail.url, SOTTO_MAIL_FROM: 'sotto@example.org' },
  });
  host = await startProcess({
    file: process.execPath,
    args: [PROGRAM, '--data', folder.path, '--profile', 'anna', '--server', server.address],
    ready: /(http:\/\/127\.0\.0\.1:\S+)/,
  });
  browser = await launchChromium(executable);
  anna = await openWatched(browser, 'en-GB');
  anna.page.setDefaultTimeout(PATIENCE_MS);
}, 120_000);

afterAll(async () => {
  if (executable === undefined) return;
  await browser.close();
  await host.kill();
  await server.kill();
  await mail.stop();
  await folder.remove();
});

(executable === undefined ? describe.skip : describe)('the account page in a browser', () => {
  it('confirms an address, and changes the password', async () => {
    const { page } = anna;
    await page.goto(host.ready[1] ?? '');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByLabel('Username').first().fill('anna');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('No chats yet.').waitFor();

    await openAccount(page);
    await says(page, 'No address.');
    await press(page, 'Add email');
    await type(page, 'Email', 'anna@example.org');
    await type(page, 'Password', PASSWORD);
    await press(page, 'Save');
    await type(page, 'Code', await mail.nextCode('anna@example.org'));
    await picture(page);
    await press(page, 'Confirm');
    await says(page, /anna@example.org.*confirmed/);
    await picture(page);

    await press(page, 'Change password');
    await type(page, 'Present password', 'not the password');
    await type(page, 'New password', SECOND);
    await press(page, 'Change password');
    await says(page, /do not fit together/);
    await type(page, 'Present password', PASSWORD);
    await press(page, 'Change password');
    await page.getByText('Password changed').waitFor();
  }, 180_000);

  it('proposes a second factor, locks linking, and hands the data over', async () => {
    const { page } = anna;
    await press(page, 'Set up');
    await type(page, 'Password', SECOND);
    await press(page, 'Continue');
    await dialog(page).getByRole('img', { name: 'QR code for your authenticator' }).waitFor();
    await type(page, 'Code that the authenticator shows', '000000');
    await picture(page);
    await press(page, 'Switch on');
    await says(page, /That code is not right/);
    await press(page, 'Back');

    await press(page, 'Lock linking');
    await says(page, /Closed. No device can be linked/);
    await press(page, 'Lift the lock');
    await type(page, 'Password', SECOND);
    await press(page, 'Lift the lock');
    await press(page, 'Export');
    await type(page, 'Password', SECOND);
    const saved = page.waitForEvent('download');
    await press(page, 'Export');
    const file = await saved;
    expect(file.suggestedFilename()).toMatch(/^sotto-anna-.*\.json$/);
    expect(JSON.parse(await readFile(await file.path(), 'utf8'))).toMatchObject({ account: { username: 'anna' } });
  }, 180_000);

  it('resets a forgotten password by mail, and asks once for the one before', async () => {
    const { page } = anna;
    await press(page, 'Close');
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await press(page, 'Sign out');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await press(page, 'Forgot password?');
    await press(page, 'Send code');
    await type(page, 'Code', await mail.nextCode('anna@example.org'));
    await type(page, 'New password', THIRD);
    await picture(page);
    await press(page, 'Set password');
    await type(page, 'Password', THIRD);
    await press(page, 'Sign in');
    await dialog(page).waitFor({ state: 'detached' });
    await openAccount(page);
    await says(page, /Your password was reset/);
    await picture(page);
    await press(page, 'Enter earlier password');
    await type(page, 'Earlier password', SECOND);
    await type(page, 'Present password', THIRD);
    await press(page, 'Open keys');
    await page.getByText('Keys open with your present password').waitFor();
    await says(page, /It opens the account on the server/);
  }, 180_000);

  it('deletes the account, and begins anew', async () => {
    const { page } = anna;
    await press(page, 'Delete account');
    await dialog(page)
      .getByLabel(/^Type .*anna.* to confirm$/)
      .fill('anna');
    await type(page, 'Password', THIRD);
    await picture(page);
    await press(page, 'Delete for good');
    await page.getByRole('button', { name: 'Create account' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Create account' }).waitFor();
    await picture(page);
    expect(anna.faults).toEqual([]);
  }, 120_000);
});
