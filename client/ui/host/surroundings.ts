import { MessageIdValue } from '@sotto/client/bridge';
import type { Surroundings } from '../model/app.js';
import { loadPreferences } from '../model/preferences.js';
import type { KeyboardStyle } from '../model/shortcuts.js';
import { createCodeReader } from './code-reader.js';
import { watchAttention, watchTime } from './attention.js';
import { createDesktopLink } from './desktop-link.js';
import { createWebLink } from './web-link.js';

/** The scheme of the desktop client's own page. */
const DESKTOP = 'app:';

const keyboardOf = (page: Window, isDesktop: boolean): KeyboardStyle => {
  if (!isDesktop) return 'browser';
  return page.navigator.userAgent.includes('Mac OS') ? 'mac' : 'windowsOrLinux';
};

const copyIn =
  (page: Window) =>
  async (text: string): Promise<boolean> => {
    try {
      await page.navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  };

const saveIn =
  (page: Window) =>
  (name: string, content: Blob): void => {
    const link = page.document.createElement('a');
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    // The browser has taken hold of the content by then.
    page.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

const SYSTEMS = ['Windows', 'Mac OS', 'CrOS', 'Android', 'Linux'] as const;
const BROWSERS = ['Firefox', 'Edg', 'Chrome', 'Safari'] as const;
const NAMES: Readonly<Record<string, string>> = { 'Mac OS': 'macOS', CrOS: 'ChromeOS', Edg: 'Edge' };

/** System and program, as the browser names them. */
const deviceNameIn = (page: Window, isDesktop: boolean): string => {
  const { userAgent } = page.navigator;
  const named = (known: readonly string[]): string | undefined => {
    const found = known.find((name) => userAgent.includes(name));
    return found && (NAMES[found] ?? found);
  };
  return (
    [named(SYSTEMS), isDesktop ? 'Sotto' : named(BROWSERS)].filter((part) => part !== undefined).join(', ') || 'Sotto'
  );
};

/** What a window, of whichever host, gives to the models. */
export const surroundingsOf = (page: Window): Surroundings => {
  const isDesktop = page.location.protocol === DESKTOP;
  return {
    link: isDesktop ? createDesktopLink(page) : createWebLink(page),
    preferences: loadPreferences(page.localStorage),
    systemLanguages: page.navigator.languages,
    keyboard: keyboardOf(page, isDesktop),
    attending: watchAttention(page),
    now: watchTime(page),
    newMessageId: () => MessageIdValue.parse(page.crypto.randomUUID()),
    copy: copyIn(page),
    codeReader: createCodeReader(page),
    saveFile: saveIn(page),
    print: () => page.print(),
    deviceName: deviceNameIn(page, isDesktop),
  };
};
