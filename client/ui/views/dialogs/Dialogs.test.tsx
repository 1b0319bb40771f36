import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { BridgeError } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { byRole, change, click, plainText, press, renderApp, type } from '../../testing/render-app.js';

beforeEach(() => fillBrowserGaps());

const dialog = (): HTMLElement | null => document.querySelector('dialog');
const chooseFromMenu = async (label: string): Promise<void> => {
  await click('button', 'Menu');
  await click('menuitem', label);
};

describe('a dialog', () => {
  it('takes the focus and gives it back', async () => {
    await renderApp();
    const button = byRole('button', 'New chat');
    button.focus();
    await click('button', 'New chat');
    expect(document.activeElement).toBe(screen.getByLabelText('Exact username'));
    await click('button', 'Close');
    expect([dialog(), document.activeElement]).toEqual([null, button]);
  });

  it('closes by Esc, as the browser tells it', async () => {
    await renderApp();
    await click('button', 'New chat');
    await change(() => dialog()?.dispatchEvent(new Event('cancel', { cancelable: true })));
    expect(dialog()).toBeNull();
  });

  it('has the keyboard to itself', async () => {
    const { app } = await renderApp();
    await click('button', 'New chat');
    await press(document.body, ',', { code: 'Comma', ctrlKey: true });
    expect(app.dialog.value).toBe('newChat');
  });
});

describe('finding someone', () => {
  it('opens the chat', async () => {
    await renderApp({ people: ['bob'] });
    await press(document.body, 'n', { code: 'KeyN', ctrlKey: true });
    await type('Exact username', '@bob');
    await click('button', 'Open chat');
    expect([dialog(), plainText(byRole('heading', 'bob'))]).toEqual([null, 'bob']);
  });

  it.each([
    ['alice', 'your own username'],
    ['nobody', 'Nobody on this server'],
  ])('says of %s why not', async (name, words) => {
    await renderApp({ username: 'alice' });
    await click('button', 'New chat');
    await type('Exact username', name);
    await click('button', 'Open chat');
    expect(plainText(screen.getByRole('alert'))).toContain(words);
    expect(screen.getByLabelText<HTMLInputElement>('Exact username').value).toBe(name);
  });
});

describe('the safety number', () => {
  const open = async () => {
    const test = await renderApp();
    const chatId = test.core.addChat('bob');
    await change(() => undefined);
    await change(() => test.app.chats.show(chatId));
    return test;
  };

  it('is shown in twelve groups and copied on request', async () => {
    const { copied } = await open();
    await click('button', 'Compare the safety number');
    const groups = [...document.querySelectorAll('.digits li')].map(plainText);
    expect(groups).toHaveLength(12);
    await click('button', 'Copy');
    expect(copied).toEqual([groups.join(' ')]);
    expect(plainText(document.querySelector('.toast'))).toBe('Safety number copied');
  });

  it('says why it cannot be had, and asks again', async () => {
    const { core } = await open();
    core.fail('safetyNumber', new BridgeError('serverAway'));
    await click('button', 'Compare the safety number');
    expect(plainText(screen.getByRole('alert'))).toContain('does not answer');
    core.fail('safetyNumber');
    await click('button', 'Try again');
    expect(document.querySelectorAll('.digits li')).toHaveLength(12);
  });
});

describe('signing out and in', () => {
  it('asks first, with the focus on the safe button', async () => {
    const { core } = await renderApp();
    await chooseFromMenu('Sign out');
    expect(document.activeElement).toBe(byRole('button', 'Cancel'));
    await click('button', 'Cancel');
    expect(core.calls.map(({ method }) => method)).not.toContain('signOut');
    await chooseFromMenu('Sign out');
    await click('button', 'Sign out');
    expect(plainText(document.querySelector('.banner'))).toContain('You are signed out');
  });

  it('signs in again by the password', async () => {
    const { core } = await renderApp();
    await change(() => core.connect({ state: 'signedOut' }));
    await click('button', 'Sign in');
    await type('Password', 'wrong');
    await change(() => dialog()?.querySelector<HTMLElement>('[type=submit]')?.click());
    expect(plainText(screen.getByRole('alert'))).toContain('do not fit together');
    await type('Password', 'right password');
    await change(() => dialog()?.querySelector<HTMLElement>('[type=submit]')?.click());
    expect([dialog(), document.querySelector('.banner')]).toEqual([null, null]);
  });
});

describe('the settings', () => {
  it('change language and theme at once', async () => {
    await renderApp();
    await chooseFromMenu('Settings');
    await click('radio', 'Русский');
    expect(byRole('dialog', 'Настройки')).toBeTruthy();
    await click('radio', 'Тёмная');
    expect(document.documentElement.dataset['theme']).toBe('dark');
  });

  it('set a passphrase, but never one that was typed in two ways', async () => {
    const { core } = await renderApp({ passphrase: 'old one' });
    await chooseFromMenu('Settings');
    await click('button', 'Set passphrase');
    await type('New passphrase', 'a new one');
    await type('New passphrase again', 'a new on');
    await click('button', 'Set passphrase');
    expect(plainText(screen.getByRole('alert'))).toContain('differ');
    await type('New passphrase again', 'a new one');
    await click('button', 'Set passphrase');
    expect(plainText(screen.getByRole('alert'))).toContain('does not fit');
    await type('Current passphrase', 'old one');
    await click('button', 'Set passphrase');
    expect(core.calls.at(-1)?.params).toEqual({ current: 'old one', next: 'a new one' });
    expect([dialog(), plainText(document.querySelector('.toast'))]).toEqual([null, 'The passphrase is set']);
  });
});

describe('the menu', () => {
  const items = () => screen.getAllByRole('menuitem');

  it('is walked by arrows and by typing, and closes by Esc', async () => {
    await renderApp();
    await click('button', 'Menu');
    expect(document.activeElement).toBe(items()[0]);
    await press(items()[0]!, 'ArrowDown');
    expect(document.activeElement).toBe(items()[1]);
    await press(items()[1]!, 'ArrowDown');
    expect(document.activeElement).toBe(items()[0]);
    await press(items()[0]!, 's');
    expect(document.activeElement).toBe(items()[1]);
    await press(items()[1]!, 'Home');
    await press(items()[0]!, 'Escape');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(document.activeElement).toBe(byRole('button', 'Menu'));
    expect(byRole('button', 'Menu').getAttribute('aria-expanded')).toBe('false');
  });

  it('closes where a person presses beside it', async () => {
    await renderApp();
    await click('button', 'Menu');
    await change(() => document.body.dispatchEvent(new Event('pointerdown', { bubbles: true })));
    expect(screen.queryByRole('menu')).toBeNull();
  });
});
