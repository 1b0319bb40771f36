/** Two people in two browser windows, on the programs that `npm start` starts: server process, two browser hosts, Chromium. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../harness/free-port.js';
import { startProcess, type Started } from '../harness/process.js';
import { startServerProcess, type ServerProcess } from '../harness/server-process.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';
import { findChromium, launchChromium, openWatched, type Watched } from './chromium.js';

const PROGRAM = createRequire(import.meta.url).resolve('../../client/dist/web/main.js');
const PASSWORD = 'correct-horse-battery-staple-42';
const PATIENCE_MS = 30_000;
/** Names stand between bidirectional isolates. */
const TO_BOB = /^Message to .*bob/;

const executable = findChromium();
if (executable === undefined) {
  if (process.env['CI'] === 'true') throw new Error('Chromium is missing');
  process.stdout.write('Skipped: browser tests, because no Chromium is installed.\n');
}

let folder: TemporaryFolder;
let server: ServerProcess;
let browser: Browser;
const hosts: Started[] = [];
let alice: Watched;
let bob: Watched;

const startHost = async (profile: string): Promise<string> => {
  const host = await startProcess({
    file: process.execPath,
    args: [PROGRAM, '--data', folder.path, '--profile', profile, '--server', server.address],
    ready: /(http:\/\/127\.0\.0\.1:\S+)/,
  });
  hosts.push(host);
  return host.ready[1] ?? '';
};

const register = async (
  page: Page,
  name: string,
  words: { create: string; proceed: string; username: string; password: string },
) => {
  await page.getByRole('button', { name: words.create }).click();
  await page.getByRole('button', { name: words.proceed, exact: true }).click();
  await page.getByLabel(words.username, { exact: false }).first().fill(name);
  await page.getByLabel(words.password, { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: words.create }).click();
};

const write = async (page: Page, composer: string | RegExp, text: string): Promise<void> => {
  await page.getByLabel(composer).fill(text);
  await page.keyboard.press('Enter');
};

beforeAll(async () => {
  if (executable === undefined) return;
  folder = await temporaryFolder();
  server = await startServerProcess({ dataFolder: join(folder.path, 'server'), port: await freePort() });
  browser = await launchChromium(executable);
  alice = await openWatched(browser, 'en-GB');
  bob = await openWatched(browser, 'ru-RU');
  for (const { page } of [alice, bob]) page.setDefaultTimeout(PATIENCE_MS);
}, 120_000);

afterAll(async () => {
  if (executable === undefined) return;
  await browser.close();
  await Promise.all(hosts.map((host) => host.kill()));
  await server.kill();
  await folder.remove();
});

(executable === undefined ? describe.skip : describe)('two people in two windows', () => {
  it('register, one in English and one in Russian', async () => {
    const aliceAddress = await startHost('alice');
    await alice.page.goto(aliceAddress);
    // The token must not stay where a history, a screenshot or a bookmark keeps it.
    await alice.page.waitForURL((url) => !url.href.includes('token'));
    await register(alice.page, 'alice', {
      create: 'Create account',
      proceed: 'Continue',
      username: 'Username',
      password: 'Password',
    });
    await alice.page.getByText('No chats yet.').waitFor();

    await bob.page.goto(await startHost('bob'));
    await register(bob.page, 'bob', {
      create: 'Создать аккаунт',
      proceed: 'Продолжить',
      username: 'Имя пользователя',
      password: 'Пароль',
    });
    await bob.page.getByText('Чатов пока нет.').waitFor();

    // The address worked once.
    const other = await openWatched(browser, 'en-GB');
    await other.page.goto(aliceAddress);
    await other.page.getByRole('alert').waitFor();
    await other.page.context().close();
  }, 180_000);

  it('find each other and talk, both ways, with states', async () => {
    await alice.page.getByRole('button', { name: 'Find someone' }).first().click();
    await alice.page.getByLabel('Exact username').fill('bob');
    await alice.page.getByRole('button', { name: 'Open chat' }).click();
    await write(alice.page, TO_BOB, 'Hello <b>Bob</b>');
    await alice.page.getByRole('article', { name: /You.*Hello <b>Bob<\/b>.*sent/ }).waitFor();

    await bob.page.getByRole('option', { name: /alice/ }).click();
    await bob.page.getByText('Hello <b>Bob</b>').last().waitFor();
    await bob.page.getByRole('button', { name: 'Принять' }).click();
    await alice.page.getByRole('article', { name: /You.*Hello.*read/ }).waitFor();

    await write(bob.page, /^Сообщение .*alice/, 'Привет, Алиса!');
    await alice.page.getByRole('article', { name: /bob.*Привет, Алиса!/ }).waitFor();
    // She has the chat open before her, so that it is read as it arrives.
    await bob.page.getByRole('article', { name: /Привет, Алиса!.*прочитано/ }).waitFor();
  }, 180_000);

  it('find again what was said, in any script, by the keyboard alone', async () => {
    const { page } = alice;
    await page.keyboard.press('Alt+Shift+KeyK');
    await page.keyboard.type('привет АЛИС');
    const found = page.getByRole('option', { name: /bob.*Привет, Алиса!/ });
    await found.waitFor();
    expect(await found.locator('mark').allTextContents()).toEqual(['Привет', 'Алис']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('[data-marked]', { hasText: 'Привет, Алиса!' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('searchbox').inputValue()).toBe('');
    await page.keyboard.type('zebra');
    await page.getByText('Nothing found for').waitFor();
    await page.keyboard.press('Escape');
  }, 60_000);

  it('keep what is written while the server is away, and send it when it is back', async () => {
    const port = Number(new URL(server.address).port);
    await server.kill();
    await write(alice.page, TO_BOB, 'Written offline');
    await alice.page.getByRole('article', { name: /Written offline.*waiting/ }).waitFor();
    await alice.page.getByText('No connection').first().waitFor();
    server = await startServerProcess({ dataFolder: join(folder.path, 'server'), port });
    for (const { page, label } of [
      { page: alice.page, label: 'Try now' },
      { page: bob.page, label: 'Повторить' },
    ]) {
      await page
        .getByRole('button', { name: label })
        .click({ timeout: 5_000 })
        // The backoff may have been faster.
        .catch(() => undefined);
    }
    await bob.page.getByRole('article', { name: /Written offline/ }).waitFor();
    await alice.page.getByRole('article', { name: /Written offline.*read/ }).waitFor();
  }, 180_000);

  it('keep their place through a reload', async () => {
    await alice.page.reload();
    await alice.page.getByRole('option', { name: /bob/ }).click();
    await alice.page.getByRole('article', { name: /Written offline/ }).waitFor();
    await expect(alice.page.getByRole('article').count()).resolves.toBe(3);
  }, 120_000);

  it('leave no error in the console and ask nothing of the outside world', () => {
    // A server that is killed shows in no page: pages talk to their own host alone.
    expect(alice.faults).toEqual([]);
    expect(bob.faults).toEqual([]);
  });
});
