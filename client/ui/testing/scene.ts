import type { Page } from 'playwright-core';
import type { FakeCore, FakeCoreOptions } from './fake-core.js';

/** One state of the interface that is looked at in a real browser. */
export interface Scene {
  readonly name: string;
  readonly options?: FakeCoreOptions;
  readonly set?: (core: FakeCore) => void;
  readonly act?: (page: Page, core: FakeCore) => Promise<void>;
}

const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export const NOON = new Date(2026, 2, 12, 12, 40).getTime();

const LONG =
  'A longer thought, which takes several lines so that the width of a bubble, the place of the time and the wrapping can be seen. ' +
  'https://example.org/a/very/long/address/without/any/place/to/break/it/0123456789012345678901234567890123456789';

export const fillChats = (core: FakeCore): void => {
  const bob = core.addChat('bob');
  core.receive(bob, 'Have you seen the draft?', { at: NOON - 2 * DAY, quiet: true });
  core.receive(bob, 'Yes, it reads well.', { at: NOON - 2 * DAY + MINUTE, own: { state: 'read' }, quiet: true });
  core.receive(bob, LONG, { at: NOON - DAY - 40 * MINUTE, quiet: true });
  core.receive(bob, 'One more.', { at: NOON - DAY - 39 * MINUTE, quiet: true });
  core.receive(bob, 'And this', { at: NOON - DAY - 38 * MINUTE, quiet: true });
  core.receive(bob, 'مرحبا، كيف حالك؟ نلتقي غدًا.', { at: NOON - 50 * MINUTE, quiet: true });
  core.receive(bob, 'Ок', { at: NOON - 30 * MINUTE, own: { state: 'read' }, quiet: true });
  core.receive(bob, 'Буду в шесть, если поезд не опоздает. Захвачу ключи.', {
    at: NOON - 29 * MINUTE,
    own: { state: 'delivered' },
    quiet: true,
  });
  core.receive(bob, 'and the map', { at: NOON - 28 * MINUTE, own: { state: 'sent' }, quiet: true });
  core.receive(bob, '', { at: NOON - 20 * MINUTE, unknown: true, quiet: true });
  core.receive(bob, 'never arrived', {
    at: NOON - 10 * MINUTE,
    own: { state: 'failed', reason: 'deviceTrouble' },
    quiet: true,
  });
  core.receive(bob, 'Still waiting for the net', { at: NOON - 2 * MINUTE, own: { state: 'waiting' } });

  const carol = core.addChat('carol_of_the_very_long_name_0123');
  for (let index = 0; index < 3; index += 1)
    core.receive(carol, `A preview that is far too long for one line of the list ${index}`, { at: NOON - 5 * MINUTE });
  const dave = core.addChat('dave', { standing: 'request' });
  core.receive(dave, 'Hello! We met at the lake. Is this you?', { at: NOON - DAY });
  const erin = core.addChat('erin', { draft: 'I have thought about it and' });
  core.receive(erin, 'What do you say?', { at: NOON - 4 * DAY, quiet: true });
  const frank = core.addChat('Frank');
  core.receive(frank, 'Bis bald', { at: NOON - 40 * DAY, own: { state: 'delivered' }, quiet: true });
  const grace = core.addChat('grace');
  core.receive(grace, 'Tickets', { at: NOON - 400 * DAY, quiet: true });
  const heidi = core.addChat('heidi');
  for (let index = 0; index < 1_200; index += 1) core.receive(heidi, `${index}`, { at: NOON - 9 * DAY });
};

export const openChat = (name: string) => async (page: Page) => {
  await page.getByRole('option', { name }).first().click();
  await page.locator('article, .composer').first().waitFor();
};

export const openMenu = async (page: Page): Promise<void> => {
  await page.locator('.pane-list .menu-anchor button').first().click();
};

export const press = (selector: string) => async (page: Page) => {
  await page.locator(selector).first().click();
};
