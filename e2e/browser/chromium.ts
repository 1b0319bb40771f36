import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The Chromium that is installed here; `undefined` where none is. */
export const findChromium = (): string | undefined => CANDIDATES.find((path) => existsSync(path));

export const launchChromium = (executablePath: string, flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...FLAGS, ...flags] });

/** What a page must never do: an error in its console, or a request that leaves this machine. */
export interface Watched {
  readonly page: Page;
  readonly faults: readonly string[];
}

export const openWatched = async (browser: Browser, locale: string): Promise<Watched> => {
  const context = await browser.newContext({ locale, viewport: { width: 1_120, height: 760 } });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol !== 'data:' && protocol !== 'blob:') faults.push(`request to ${hostname}`);
  });
  return { page, faults };
};
