import type { Page } from 'playwright-core';
import { BridgeError, UnixMsValue, UsernameValue, type LinkOfferView } from '@sotto/client/bridge';
import type { FakeCore } from './fake-core.js';
import { fakeDevice, LINK_CODE } from './fake-own.js';
import { DAY, fillChats, NOON, openChat, openMenu, press, type Scene } from './scene.js';

const openDialog = async (page: Page, ...buttons: readonly string[]): Promise<void> => {
  await openMenu(page);
  await press('[role=menuitem]')(page);
  for (const button of buttons) await press(button)(page);
};

const DEVICES_BUTTON = 'dialog .dialog-section .button >> nth=1';
const inDevices = async (page: Page): Promise<void> => openDialog(page, DEVICES_BUTTON);
const inLinking = async (page: Page): Promise<void> => openDialog(page, DEVICES_BUTTON, 'dialog .button-primary');

const showOffer = (offer: LinkOfferView) => async (page: Page, core: FakeCore) => {
  await inLinking(page);
  core.setOffer(offer);
};
const SOON = UnixMsValue.parse(NOON + 51_000);

const CONFIRMING: LinkOfferView = {
  state: 'confirming',
  deviceName: 'Küche, sehr alter Rechner',
  system: 'Windows 10',
  digits: { kind: 'type' },
  contested: false,
  history: { messages: 1_240 },
  endsAt: SOON,
};

const inJoin = async (page: Page): Promise<void> => {
  await press('.entrance-actions > .button >> nth=1')(page);
};

/** Devices, links, recovery and backup. */
export const OWN_SCENES: readonly Scene[] = [
  {
    name: 'devices',
    set: (core) => {
      fillChats(core);
      core.setDevices([
        fakeDevice(1, { name: 'Linux, Chromium' }),
        fakeDevice(2, { name: 'Work laptop with a name that takes more room than there is', system: 'macOS 26' }),
        fakeDevice(3, { name: '', unacknowledged: true, canLink: false }),
      ]);
    },
    act: inDevices,
  },
  {
    name: 'device',
    set: (core) => core.setDevices([fakeDevice(1), fakeDevice(2, { name: 'Old phone' })]),
    act: async (page) => {
      await inDevices(page);
      await press('.device .button >> nth=1')(page);
    },
  },
  { name: 'link-start', set: fillChats, act: inLinking },
  {
    name: 'link-second-factor',
    set: (core) => {
      fillChats(core);
      core.fail('startLinkOffer', new BridgeError('secondFactorRequired'));
    },
    act: async (page) => {
      await inLinking(page);
      await page.locator('dialog input').first().fill('right password');
      await press('dialog .button-primary')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'unlink-second-factor',
    set: (core) => {
      core.setDevices([fakeDevice(1), fakeDevice(2, { name: 'Old phone' })]);
      core.fail('unlinkDevice', new BridgeError('wrongSecondFactor'));
    },
    act: async (page) => {
      await inDevices(page);
      await press('.device .button >> nth=1')(page);
      await page.locator('dialog input[type=password]').fill('right password');
      await press('dialog .dialog-part button[type=submit]')(page);
      await page.locator('[role=alert]').waitFor();
    },
  },
  {
    name: 'link-text',
    act: async (page) => {
      await inLinking(page);
      await page.locator('dialog input[type=radio]').last().click();
    },
  },
  {
    name: 'link-qr',
    set: fillChats,
    act: showOffer({ state: 'showing', mode: 'qr', code: LINK_CODE, renewsAt: SOON, renewalsLeft: 3 }),
  },
  {
    name: 'link-manual',
    act: showOffer({
      state: 'showing',
      mode: 'manual',
      code: '0123456789ABCDEFGHJKMNPQ',
      renewsAt: SOON,
      renewalsLeft: 0,
    }),
  },
  { name: 'link-confirm', act: showOffer(CONFIRMING) },
  {
    name: 'link-contested',
    act: showOffer({ ...CONFIRMING, contested: true, digits: { kind: 'show', value: '482917', typed: false } }),
  },
  {
    name: 'linked',
    act: showOffer({
      state: 'linked',
      deviceName: 'Old phone',
      history: { done: 320, total: 1_240, state: 'running' },
    }),
  },
  { name: 'link-refused', act: showOffer({ state: 'ended', reason: 'refused' }) },
  { name: 'join', options: { phase: 'noAccount' }, act: inJoin },
  {
    name: 'join-trouble',
    options: { phase: 'noAccount' },
    act: async (page) => {
      await inJoin(page);
      await press('.code-ways .button >> nth=2')(page);
      await page.locator('textarea').fill('https://example.org/');
      await press('.code-input form .button')(page);
    },
  },
  {
    name: 'join-manual',
    options: { phase: 'noAccount' },
    act: async (page) => {
      await inJoin(page);
      await press('.entrance-actions > .button >> nth=0')(page);
    },
  },
  {
    name: 'join-digits',
    options: { phase: 'noAccount' },
    set: (core) => core.setJoin({ state: 'digits', host: 'chat.example.org', digits: '482917', endsAt: SOON }),
  },
  {
    name: 'join-asking',
    options: { phase: 'noAccount' },
    set: (core) =>
      core.setJoin({
        state: 'asking',
        host: 'chat.example.org',
        username: UsernameValue.parse('alice'),
        fingerprint: '3f2a 91c0 77de 1b04 5c8e e2f6 a013 9d4b',
        endsAt: SOON,
      }),
  },
  {
    name: 'join-ended',
    options: { phase: 'noAccount' },
    set: (core) => core.setJoin({ state: 'ended', reason: 'digitsDiffer' }),
  },
  {
    name: 'recover',
    options: { phase: 'noAccount' },
    act: async (page) => {
      await press('.entrance-actions .equal-buttons .button >> nth=1')(page);
      await press('.entrance .button-primary')(page);
      await page.locator('input').nth(0).fill('ABCD');
      await page.locator('input').nth(1).fill('four unrelated words');
      await press('.entrance .button-primary')(page);
    },
  },
  {
    name: 'recover-held',
    options: { phase: 'noAccount' },
    set: (core) =>
      core.setRecovery({
        state: 'held',
        until: UnixMsValue.parse(NOON + DAY),
        username: UsernameValue.parse('alice'),
      }),
  },
  {
    name: 'recover-vetoed',
    options: { phase: 'noAccount' },
    set: (core) => core.setRecovery({ state: 'vetoed', username: UsernameValue.parse('alice') }),
  },
  {
    name: 'kit',
    set: (core) => {
      fillChats(core);
      core.setKit({ state: 'unconfirmed' });
    },
    act: async (page) => {
      await press('.banner .button')(page);
      await page.locator('dialog input').fill('right password');
      await press('dialog .button-primary')(page);
    },
  },
  {
    name: 'kit-confirm',
    set: (core) => core.setKit({ state: 'unconfirmed' }),
    act: async (page) => {
      await press('.banner .button')(page);
      await page.locator('dialog input').fill('right password');
      await press('dialog .button-primary')(page);
      await page.locator('.kit-page').waitFor();
      await press('dialog .button-primary')(page);
    },
  },
  {
    name: 'kit-banner',
    set: (core) => {
      fillChats(core);
      core.setKit({ state: 'unconfirmed' });
    },
  },
  {
    name: 'pending',
    set: (core) => {
      fillChats(core);
      core.setPending([{ id: 'a', kind: 'recovery', until: UnixMsValue.parse(NOON + DAY), canVeto: true }]);
    },
  },
  {
    name: 'new-device',
    set: (core) => {
      fillChats(core);
      core.setDevices([fakeDevice(1), fakeDevice(2, { name: 'Old phone', unacknowledged: true })]);
    },
  },
  {
    name: 'history',
    set: (core) => {
      fillChats(core);
      core.setHistory({ done: 320, total: 1_240, state: 'running' });
    },
  },
  {
    name: 'replace-key',
    act: async (page) => openDialog(page, 'dialog .dialog-section .button >> nth=2'),
  },
  {
    name: 'backup',
    act: async (page) => openDialog(page, 'dialog .dialog-section .button >> nth=3'),
  },
  {
    name: 'blocked',
    set: (core) => {
      fillChats(core);
      core.addChat('mallory', { blocked: true });
    },
    act: openChat('mallory'),
  },
];
