import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fillBrowserGaps } from '../testing/browser-gaps.js';
import { byRole, change, click, plainText, press, renderApp, type } from '../testing/render-app.js';

beforeEach(() => {
  fillBrowserGaps();
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

const OFFLINE = { state: 'offline', since: 0 as never, retryAt: 1 as never } as const;
const banner = (): string => plainText(document.querySelector('.banner'));

describe('the banner', () => {
  it('tells of a lost connection after three seconds, and tries at once on request', async () => {
    const { core } = await renderApp();
    await change(() => core.connect(OFFLINE));
    expect(document.querySelector('.banner')).toBeNull();
    await change(() => jest.advanceTimersByTime(3_000));
    expect(banner()).toContain('No connection to https://chat.example.org');
    await click('button', 'Try now');
    expect(core.calls.at(-1)?.method).toBe('reconnect');
    await change(() => core.connect({ state: 'online' }));
    expect(document.querySelector('.banner')).toBeNull();
  });

  it('tells of mail that expired or could not be opened, until it is hidden or there is more', async () => {
    const { core } = await renderApp();
    await change(() => core.count({ setAside: 1, expired: 2 }));
    expect(banner()).toContain('2 messages expired on the server');
    await click('button', 'Hide');
    expect(banner()).toContain('1 received message could not be opened');
    await click('button', 'Hide');
    expect(document.querySelector('.banner')).toBeNull();
    await change(() => core.count({ setAside: 3 }));
    expect(banner()).toContain('3 received messages could not be opened');
  });

  it('tells a device that was unlinked', async () => {
    const { core } = await renderApp();
    await change(() => core.connect({ state: 'unlinked' }));
    expect(document.querySelector('.banner')?.getAttribute('role')).toBe('alert');
  });
});

describe('a key that lies open', () => {
  it('is told of until it is covered', async () => {
    const { core, unprotected } = await renderApp();
    await change(() => (unprotected.value = true));
    expect(banner()).toContain('The key to your chats lies in a file');
    await click('button', 'Set passphrase');
    await type('New passphrase', 'four unrelated words');
    await type('New passphrase again', 'four unrelated words');
    await change(() => document.querySelector<HTMLElement>('dialog [type=submit]')?.click());
    expect(core.calls.at(-1)).toEqual({ method: 'setPassphrase', params: { next: 'four unrelated words' } });
    expect(document.querySelector('.banner')).toBeNull();
  });

  it('is told of until the person chooses so', async () => {
    const { app, unprotected } = await renderApp();
    await change(() => (unprotected.value = true));
    await click('button', 'Hide');
    expect([document.querySelector('.banner'), app.preferences.keyFile.value]).toEqual([null, 'accepted']);
  });
});

describe('the keyboard', () => {
  it('steps through the chats and the panes', async () => {
    const { app, core } = await renderApp();
    core.addChat('bob', { activeAt: 2 as never });
    core.addChat('carol', { activeAt: 1 as never });
    await change(() => undefined);
    await press(document.body, 'ArrowDown', { code: 'ArrowDown', altKey: true });
    await press(document.body, 'ArrowDown', { code: 'ArrowDown', altKey: true });
    expect(app.chats.open.value?.view.value?.username).toBe('carol');
    await press(document.body, '1', { code: 'Digit1', ctrlKey: true });
    expect(app.chats.open.value?.view.value?.username).toBe('bob');
    await press(document.body, 'F6', { code: 'F6' });
    expect(document.activeElement?.getAttribute('role')).toBe('option');
    await press(document.body, 'F6', { code: 'F6' });
    expect(document.activeElement?.tagName).toBe('TEXTAREA');
    await press(document.body, 'F6', { code: 'F6', shiftKey: true });
    expect(document.activeElement?.getAttribute('role')).toBe('option');
    await press(document.body, ',', { code: 'Comma', ctrlKey: true });
    expect(byRole('dialog', 'Settings')).toBeTruthy();
  });
});
