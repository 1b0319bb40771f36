import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { startWebHost } from '../../web/index.js';
import { accessibilityFaults } from './accessibility.js';
import type { Scene } from './scene.js';
import { coreOf, SCENE_NOW, SCENES } from './scenes.js';

/**
 * Draws every scene in a real browser, in each language, theme and size, as PNG files into the folder that is named, and has axe look
 * at each: `npx tsx --conditions=sotto-src client/ui/testing/screens.ts [--quick] FOLDER [SCENE …]`.
 */

const SIZES = {
  wide: { width: 1_120, height: 760 },
  medium: { width: 800, height: 600 },
  narrow: { width: 380, height: 640 },
  /** 1280 × 720 at 200 %. */
  zoomed: { width: 640, height: 360 },
} as const;

interface Look {
  readonly locale: string;
  readonly theme: 'light' | 'dark';
  readonly size: keyof typeof SIZES;
  readonly rightToLeft?: boolean;
  readonly forcedColors?: boolean;
}

const LOOKS: readonly Look[] = [
  { locale: 'en-US', theme: 'light', size: 'wide' },
  { locale: 'ru-RU', theme: 'dark', size: 'wide' },
  { locale: 'ru-RU', theme: 'light', size: 'narrow' },
  { locale: 'en-US', theme: 'dark', size: 'narrow' },
  { locale: 'ru-RU', theme: 'light', size: 'zoomed' },
  { locale: 'en-US', theme: 'light', size: 'medium', rightToLeft: true },
  { locale: 'en-US', theme: 'dark', size: 'medium', forcedColors: true },
];

const executablePath = process.env['SOTTO_CHROMIUM'] ?? '/usr/bin/chromium';

const draw = async (browser: Browser, scene: Scene, look: Look, folder: string): Promise<readonly string[]> => {
  const core = coreOf(scene);
  const host = await startWebHost({ core, port: 0, defaultServer: 'https://chat.example.org' });
  const context = await browser.newContext({
    viewport: SIZES[look.size],
    locale: look.locale,
    colorScheme: look.theme,
    forcedColors: look.forcedColors === true ? 'active' : 'none',
    reducedMotion: 'reduce',
  });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    await page.clock.install({ time: SCENE_NOW });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(host.address);
    await page.locator('.entrance-card, .shell').first().waitFor();
    if (look.rightToLeft === true) await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await scene.act?.(page, core);
    await page.clock.runFor(4_000);
    await page.waitForTimeout(150);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (sideways) complaints.push('scrolls sideways');
    const name = [
      scene.name,
      look.locale.slice(0, 2),
      look.theme,
      look.size,
      look.rightToLeft && 'rtl',
      look.forcedColors && 'forced',
    ];
    complaints.push(...(await accessibilityFaults(page)));
    await page.screenshot({ path: join(folder, `${name.filter(Boolean).join('-')}.png`) });
  } catch (error) {
    complaints.push(String(error));
  } finally {
    await context.close();
    await host.stop();
  }
  return complaints.map((complaint) => `${scene.name} (${look.locale}, ${look.theme}, ${look.size}): ${complaint}`);
};

/** With `--quick` each scene in two looks alone, which are unlike in everything. */
const isQuick = process.argv.includes('--quick');
const looks = isQuick ? LOOKS.filter((_, index) => index === 0 || index === 3) : LOOKS;
const [folder, ...wanted] = process.argv.slice(2).filter((argument) => argument !== '--quick');
if (folder === undefined) throw new Error('name the folder for the pictures');
mkdirSync(resolve(folder), { recursive: true });
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
});
const complaints: string[] = [];
try {
  for (const scene of SCENES.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
    for (const look of looks) complaints.push(...(await draw(browser, scene, look, resolve(folder))));
} finally {
  await browser.close();
}
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
