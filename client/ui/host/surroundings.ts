import { MessageIdValue } from '@sotto/client/bridge';
import type { Surroundings } from '../model/app.js';
import { loadPreferences } from '../model/preferences.js';
import type { KeyboardStyle } from '../model/shortcuts.js';
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
  };
};
