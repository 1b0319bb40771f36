/** What every test of linking in windows needs: a server behind a proxy, browser hosts, and what people do in the windows. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import {
  freePort,
  startProcess,
  startServerProcess,
  temporaryFolder,
  type TemporaryFolder,
  type ServerProcess,
  type Started,
} from '../../../harness/index.js';
import { patternOf, wordsOf, type Language, type Words } from './catalogue.js';
import { findChromium, launchChromium, openWatched } from '../../chromium.js';
import { webcamFlags } from './film.js';
import { startWiretap, type Wiretap } from './wiretap.js';

const PROGRAM = createRequire(import.meta.url).resolve('../../../../client/dist/web/main.js');
const PATIENCE_MS = 30_000;
/** More than any screen has elements that take the focus. */
const MOST_STEPS = 80;
const DAY_MS = 24 * 3_600_000;
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', ru: 'ru-RU' };

export const PASSWORD = 'correct-horse-battery-staple-42';

/** The Chromium to test in, or nothing after the reason has been printed; under CI a missing one is a failure. */
export const chromiumOrReason = (): string | undefined => {
  const executable = findChromium();
  if (executable !== undefined) return executable;
  if (process.env['CI'] === 'true') throw new Error('Chromium is missing');
  process.stdout.write('Skipped: linking in browser windows, because no Chromium is installed.\n');
  return undefined;
};

/** A window of a person, and the words that stand in it. */
export interface Window {
  readonly page: Page;
  readonly words: Words;
  readonly faults: readonly string[];
  readonly profile: string;
}

export const button = ({ page, words }: Window, key: string | RegExp): Locator =>
  page.getByRole('button', typeof key === 'string' ? { name: words[key] ?? key, exact: true } : { name: key });
export const field = ({ page, words }: Window, key: string): Locator =>
  page.getByLabel(words[key] ?? key, { exact: true });
export const says = ({ page, words }: Window, key: string): Locator =>
  page.getByText(patternOf(words[key] ?? key)).first();

/** A process whose clock is days ahead: what was used before it has not been used for that long. */
const daysAhead = (days: number): Record<string, string> => {
  if (days === 0) return {};
  const shift = `const now = Date.now; Date.now = () => now() + ${String(days * DAY_MS)};`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` };
};

interface WindowOptions {
  readonly language?: Language;
  readonly browser?: Browser;
  /** How far the clock of its host is ahead. */
  readonly days?: number;
}

/** What stands under the windows of a test. */
interface Ground {
  readonly executable: string;
  readonly folder: TemporaryFolder;
  /** Starts the server, on its data and at its address, with a clock that is days ahead. */
  readonly serve: (days: number) => Promise<ServerProcess>;
  readonly tap: Wiretap;
}

export class Cast {
  readonly #ground: Ground;
  readonly #browsers: Browser[];
  readonly #hosts = new Map<string, Started>();
  #server: ServerProcess;

  private constructor(ground: Ground, server: ServerProcess, browser: Browser) {
    this.#ground = ground;
    this.#server = server;
    this.browser = browser;
    this.#browsers = [browser];
  }

  readonly browser: Browser;

  get tap(): Wiretap {
    return this.#ground.tap;
  }

  static async start(executable: string, { reverse = false } = {}): Promise<Cast> {
    const folder = await temporaryFolder();
    const port = await freePort();
    const serve = (days: number): Promise<ServerProcess> =>
      startServerProcess({
        dataFolder: join(folder.path, 'server'),
        port,
        env: { ...(reverse ? { SOTTO_REVERSE_LINKING: 'on' } : {}), ...daysAhead(days) },
      });
    const server = await serve(0);
    const tap = await startWiretap(server.address);
    return new Cast({ executable, folder, serve, tap }, server, await launchChromium(executable));
  }

  /** The server goes on days later. */
  async sleep(days: number): Promise<void> {
    await this.#server.stop();
    this.#server = await this.#ground.serve(days);
  }

  file(name: string): string {
    return join(this.#ground.folder.path, name);
  }

  /** A browser whose webcam plays `film`, which need not be there yet. */
  async withWebcam(film: string): Promise<Browser> {
    const browser = await launchChromium(this.#ground.executable, webcamFlags(film));
    this.#browsers.push(browser);
    return browser;
  }

  /** Starts a browser host on a profile of its own and opens its window. */
  async window(
    profile: string,
    { language = 'en', browser = this.browser, days = 0 }: WindowOptions = {},
  ): Promise<Window> {
    const host = await startProcess({
      file: process.execPath,
      args: [PROGRAM, '--data', this.#ground.folder.path, '--profile', profile, '--server', this.tap.address],
      ready: /(http:\/\/127\.0\.0\.1:\S+)/,
      env: daysAhead(days),
    });
    this.#hosts.set(profile, host);
    const watched = await openWatched(browser, LOCALES[language]);
    watched.page.setDefaultTimeout(PATIENCE_MS);
    await watched.page.goto(host.ready[1] ?? '');
    return { ...watched, words: wordsOf(language), profile };
  }

  /** With `SOTTO_TEST_PICTURES` naming a folder: pictures of all windows as they are now, for people to look at. */
  async picture(name: string): Promise<void> {
    const folder = process.env['SOTTO_TEST_PICTURES'];
    if (folder === undefined) return;
    const pages = this.#browsers.flatMap((browser) => browser.contexts().flatMap((context) => context.pages()));
    const file = (index: number): string => join(folder, `${name}-${String(index)}.png`);
    await Promise.all(pages.map((page, index) => page.screenshot({ path: file(index) })));
  }

  /** Ends a window's host, as closing the program does. */
  async close({ page, profile }: Window): Promise<void> {
    await page.context().close();
    await this.#hosts.get(profile)?.stop();
    this.#hosts.delete(profile);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()));
    await Promise.all([...this.#hosts.values()].map((host) => host.kill()));
    await this.#ground.tap.stop();
    await this.#server.kill();
    await this.#ground.folder.remove();
  }
}

export const register = async (window: Window, username: string): Promise<void> => {
  await button(window, 'firstRun.createAccount').click();
  await button(window, 'action.continue').click();
  await field(window, 'firstRun.username.label').fill(username);
  await field(window, 'firstRun.password.label').fill(PASSWORD);
  await button(window, 'firstRun.create.submit').click();
  await says(window, 'kit.banner').waitFor();
};

/** What is asked of an input element here; the tests know no DOM. */
interface Labelled {
  readonly labels: readonly { readonly textContent: string }[] | null;
}

/** Writes the recovery key down and types the groups that are asked for. Answers the key as it would stand on the paper. */
export const saveKit = async (window: Window): Promise<string> => {
  const { page, words } = window;
  await button(window, 'kit.save').click();
  await field(window, 'kit.password').fill(PASSWORD);
  await button(window, 'kit.show').click();
  const printed = page.getByRole('list', { name: words['kit.groups'] ?? '' }).getByRole('listitem');
  await printed.first().waitFor();
  const groups = await printed.allInnerTexts();
  await button(window, 'kit.saved').click();
  const asked = page.getByRole('dialog').getByRole('textbox');
  await asked.first().waitFor();
  for (const input of await asked.all()) {
    const label = await input.evaluate((element) => (element as unknown as Labelled).labels?.[0]?.textContent ?? '');
    await input.fill(groups[Number(/\d+/.exec(label)?.[0]) - 1] ?? '');
  }
  await button(window, 'kit.confirm').click();
  await says(window, 'kit.banner').waitFor({ state: 'detached' });
  return groups.join('-');
};

/** Moves by one key alone, as somebody without a mouse does; fails where the element cannot be reached so. */
export const moveTo = async ({ page }: Window, target: Locator, by = 'Tab'): Promise<void> => {
  await target.waitFor();
  const focused = target.and(page.locator(':focus'));
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    if ((await focused.count()) > 0) return;
    await page.keyboard.press(by);
  }
  throw new Error(`${by} does not lead there`);
};

export const openDevices = async (window: Window): Promise<void> => {
  await button(window, 'chats.menu').click();
  await window.page.getByText(window.words['chats.settings'] ?? '', { exact: true }).click();
  await button(window, 'settings.devices.open').click();
  await window.page.getByRole('list', { name: window.words['devices.list'] ?? '' }).waitFor();
};

/** Everything up to the code: Settings → Devices → Link a device, password, how the code gets over. */
export const offer = async (window: Window, way: 'qr' | 'manual' | 'scan' | 'text'): Promise<void> => {
  await openDevices(window);
  await button(window, 'devices.link').click();
  await field(window, 'offer.password').fill(PASSWORD);
  await window.page.getByLabel(window.words[`offer.way.${way}`] ?? '', { exact: true }).check();
};

export const shownDigits = async (window: Window): Promise<string> => {
  const digits = window.page.locator('.big-digits');
  await digits.waitFor();
  return (await digits.innerText()).replace(/\D/g, '');
};

/** The two answers: digits and approval on the one device, "Join" on the other. */
export const approveAndJoin = async (first: Window, second: Window): Promise<void> => {
  await field(first, 'offer.digits').fill(await shownDigits(second));
  await button(first, 'offer.link').click();
  await finishJoin(first, second);
};

/** The new device's own answer, and what both say when it is done. */
export const finishJoin = async (first: Window, second: Window): Promise<void> => {
  await button(second, 'join.join').click();
  await says(first, 'offer.linked').waitFor();
  await second.page.getByRole('button', { name: second.words['chats.menu'] ?? '' }).waitFor();
};

export const closeDialogs = async ({ page }: Window): Promise<void> => {
  while ((await page.getByRole('dialog').count()) > 0) {
    await page.keyboard.press('Escape');
    await page.waitForTimeout(100);
  }
};

/** What is shown in the open chat, in order: who wrote it, what, and its state, as a screen reader says it. */
export const article = ({ page }: Window, pattern: RegExp): Locator => page.getByRole('article', { name: pattern });
