import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { byRole, change, click, plainText, press, renderApp } from '../../testing/render-app.js';
import type { ChatId } from '../../model/core-state.js';
import { TEST_NOW } from '../../testing/test-app.js';

beforeEach(() => fillBrowserGaps());

const DAY = 86_400_000;

const names = (): string[] => [...document.querySelectorAll('.row-name')].map(plainText);
const row = (name: string): HTMLElement => byRole('option', new RegExp(`^${name}`));

const start = async () => {
  const test = await renderApp();
  const { core } = test;
  let dave: ChatId | undefined;
  await change(() => {
    core.receive(core.addChat('bob'), 'Hello', { at: TEST_NOW - DAY });
    core.receive(core.addChat('carol'), 'mine', { at: TEST_NOW - 2 * DAY, own: { state: 'delivered' } });
    dave = core.addChat('dave', { activeAt: (TEST_NOW - 3 * DAY) as never });
  });
  return { ...test, dave: dave! };
};

describe('the chat list', () => {
  it('tells each chat in a row: name, time, state, preview, unread', async () => {
    await start();
    expect(names()).toEqual(['bob', 'carol', 'dave']);
    expect(plainText(row('bob'))).toBe('BbobYesterdayHello11 unread message');
    expect(plainText(row('carol'))).toContain('You:mine');
    expect(row('carol').querySelector('[role=img]')?.getAttribute('aria-label')).toBe('delivered');
    expect(plainText(row('dave'))).toContain('No messages yet');
    expect([row('carol').getAttribute('aria-setsize'), row('carol').getAttribute('aria-posinset')]).toEqual(['3', '2']);
  });

  it('shows the most urgent: failed before draft before request before text', async () => {
    const { core } = await renderApp();
    await change(() => {
      const failed = core.addChat('failed', { draft: 'typed' });
      core.receive(failed, 'lost', { own: { state: 'failed', reason: 'refused' } });
      const draft = core.addChat('draft', { draft: 'typed', standing: 'request' });
      core.receive(draft, 'text');
      core.receive(core.addChat('request', { standing: 'request' }), 'text');
      core.receive(core.addChat('newer'), '', { unknown: true });
    });
    await change(() => undefined);
    const preview = (name: string): string => plainText(row(name).querySelector('.row-preview'));
    expect(preview('failed')).toBe('Not sentlost');
    expect(preview('draft')).toBe('Draft:typed');
    expect(preview('request')).toBe('Message request');
    expect(preview('newer')).toContain('newer version');
  });

  it('shows text as text', async () => {
    const { core } = await renderApp();
    const hostile = '<img src=x onerror="alert(1)"> {"type":"file"}';
    await change(() => void core.receive(core.addChat('mallory'), hostile));
    await change(() => undefined);
    expect(plainText(row('mallory'))).toContain(hostile);
    expect(document.querySelector('img')).toBeNull();
  });

  it('counts to 999 and no further', async () => {
    const { core } = await renderApp();
    await change(() => void core.addChat('bob', { unread: 1_000 }));
    await change(() => undefined);
    expect(plainText(document.querySelector('.badge'))).toBe('999+1,000 unread messages');
  });

  it('is one stop of the Tab key, and the arrows move in it', async () => {
    await start();
    expect(screen.getAllByRole('option').map((option) => option.tabIndex)).toEqual([0, -1, -1]);
    const list = screen.getByRole('listbox');
    row('bob').focus();
    await press(list, 'ArrowDown');
    expect(document.activeElement).toBe(row('carol'));
    await press(list, 'End');
    expect(document.activeElement).toBe(row('dave'));
    await press(list, 'ArrowDown');
    expect(document.activeElement).toBe(row('dave'));
    expect(screen.getAllByRole('option').map((option) => option.tabIndex)).toEqual([-1, -1, 0]);
    await press(list, 'Enter');
    expect(row('dave').getAttribute('aria-selected')).toBe('true');
    expect(byRole('heading', 'dave')).toBeTruthy();
  });

  it('keeps its order while a pointer is down', async () => {
    const { core, dave } = await start();
    await change(() => row('bob').dispatchEvent(new Event('pointerdown', { bubbles: true })));
    await change(() => void core.receive(dave, 'now', { at: TEST_NOW }));
    expect(names()).toEqual(['bob', 'carol', 'dave']);
    expect(plainText(row('dave'))).toContain('now');
    await change(() => document.dispatchEvent(new Event('pointerup')));
    expect(names()).toEqual(['dave', 'bob', 'carol']);
  });

  it('is moved by its edge, with the keyboard too', async () => {
    const { app } = await start();
    const edge = byRole('separator', 'Width of the chat list');
    await press(edge, 'ArrowRight');
    expect([app.preferences.listWidth.value, edge.getAttribute('aria-valuenow')]).toEqual([336, '336']);
    for (let step = 0; step < 20; step += 1) await press(edge, 'ArrowLeft');
    expect(app.preferences.listWidth.value).toBe(260);
  });

  it('says what to do where there is no chat yet', async () => {
    await renderApp();
    await click('button', 'Find someone');
    expect(byRole('dialog', 'Find someone')).toBeTruthy();
  });
});
