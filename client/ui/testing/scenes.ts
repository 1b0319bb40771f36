import { BridgeError } from '@sotto/client/bridge';
import { createFakeCore, type FakeCore } from './fake-core.js';
import { ACCOUNT_SCENES } from './account-scenes.js';
import { OWN_SCENES } from './own-scenes.js';
import { SEARCH_SCENES } from './search-scenes.js';
import { fillChats, NOON, openChat, openMenu, press, type Scene } from './scene.js';

export const SCENES: readonly Scene[] = [
  ...OWN_SCENES,
  ...ACCOUNT_SCENES,
  ...SEARCH_SCENES,
  { name: 'welcome', options: { phase: 'noAccount' } },
  {
    name: 'server',
    options: { phase: 'noAccount' },
    act: async (page) => {
      await press('.entrance .button-primary')(page);
      await page.locator('input').fill('https://away.example.org');
      await press('.entrance .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'create',
    options: { phase: 'noAccount' },
    act: async (page) => {
      await press('.entrance .button-primary')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').nth(0).fill('alice');
      await page.locator('input').nth(1).fill('short');
      await press('.entrance .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'create-by-invite',
    options: { phase: 'noAccount', registration: 'invite' },
    set: (core) => core.fail('register', new BridgeError('inviteUnknown')),
    act: async (page) => {
      await press('.entrance .button-primary')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').nth(0).fill('7K2M-Q0XR-9BTE-HW4C');
      await page.locator('input').nth(1).fill('alice');
      await page.locator('input').nth(2).fill('right password');
      await press('.entrance .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'second-factor',
    set: (core) => {
      fillChats(core);
      core.fail('signIn', new BridgeError('secondFactorRequired'));
    },
    act: async (page, core) => {
      core.connect({ state: 'signedOut' });
      await press('.banner .button')(page);
      await page.locator('dialog input').fill('right password');
      await press('dialog .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'second-factor-first-run',
    options: { phase: 'noAccount' },
    set: (core) => core.fail('checkAccount', new BridgeError('wrongSecondFactor')),
    act: async (page) => {
      await press('.entrance-actions .equal-buttons .button')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').nth(0).fill('alice');
      await page.locator('input').nth(1).fill('right password');
      await press('.entrance .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'keys-elsewhere',
    options: { phase: 'noAccount' },
    act: async (page) => {
      await press('.entrance-actions .equal-buttons .button')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').nth(0).fill('alice');
      await page.locator('input').nth(1).fill('right password');
      await press('.entrance .button-primary')(page);
      await page.locator('.entrance h1:focus').waitFor();
    },
  },
  {
    name: 'lock',
    options: { phase: 'locked', passphrase: 'x' },
    act: async (page) => {
      await page.locator('input').fill('wrong');
      await press('.button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  { name: 'empty' },
  { name: 'list', set: fillChats },
  { name: 'chat', set: fillChats, act: openChat('bob') },
  {
    name: 'unread',
    set: fillChats,
    act: openChat('carol'),
  },
  { name: 'request', set: fillChats, act: openChat('dave') },
  {
    name: 'alarm',
    set: (core) => {
      fillChats(core);
      core.addChat('mallory', { alarm: true });
    },
    act: openChat('mallory'),
  },
  {
    name: 'offline',
    set: fillChats,
    act: async (page, core) => {
      core.connect({ state: 'offline', since: NOON as never, retryAt: (NOON + 1) as never });
      await openChat('erin')(page);
      await page.locator('.banner').waitFor();
      await page.locator('textarea').fill('x'.repeat(5_020));
    },
  },
  {
    name: 'signed-out',
    set: fillChats,
    act: async (page, core) => {
      core.connect({ state: 'signedOut' });
      await press('.banner .button')(page);
    },
  },
  {
    name: 'menu',
    set: fillChats,
    act: openMenu,
  },
  {
    name: 'settings',
    set: fillChats,
    act: async (page) => {
      await openMenu(page);
      await press('[role=menuitem]')(page);
    },
  },
  {
    name: 'passphrase',
    set: fillChats,
    act: async (page) => {
      await openMenu(page);
      await press('[role=menuitem]')(page);
      await page.locator('.dialog-section .button').last().click();
    },
  },
  {
    name: 'safety',
    set: fillChats,
    act: async (page) => {
      await openChat('bob')(page);
      await page.locator('.pane-chat .pane-head .button-icon').nth(2).click();
      await page.locator('.digits li').first().waitFor();
    },
  },
  {
    name: 'new-chat',
    set: fillChats,
    act: async (page) => {
      await page.locator('.pane-list .pane-head .button-icon').last().click();
      await page.locator('dialog input').fill('nobody_here');
      await press('dialog .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'load-failed',
    set: (core) => {
      fillChats(core);
      core.fail('listMessages', new BridgeError('storageBroken'));
    },
    act: async (page) => {
      await page.getByRole('option', { name: 'bob' }).click();
      await page.locator('[role=alert]').waitFor();
    },
  },
];

export const SCENE_NOW = NOON;

export const coreOf = (scene: Scene): FakeCore => {
  const core = createFakeCore({ now: () => NOON, ...scene.options });
  scene.set?.(core);
  return core;
};
