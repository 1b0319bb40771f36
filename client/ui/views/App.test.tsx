import { beforeEach, describe, expect, it } from '@jest/globals';
import { fireEvent, screen } from '@testing-library/preact';
import { BridgeError } from '@sotto/client/bridge';
import { createFakeCore } from '../testing/fake-core.js';
import { fillBrowserGaps } from '../testing/browser-gaps.js';
import { byRole, change, click, plainText, renderApp, type } from '../testing/render-app.js';

beforeEach(() => fillBrowserGaps());

describe('the document', () => {
  it('has the language, the direction, the theme and the title of the moment', async () => {
    const { app, core } = await renderApp();
    const chatId = core.addChat('bob');
    await change(() => core.changeChat(chatId, { unread: 3 }));
    expect([document.title, document.documentElement.lang, document.documentElement.dir]).toEqual([
      '(3) Sotto',
      'en',
      'ltr',
    ]);
    expect(document.documentElement.dataset['theme']).toBeUndefined();
    await change(() => {
      app.preferences.language.value = 'ru';
      app.preferences.theme.value = 'dark';
    });
    expect([document.documentElement.lang, document.documentElement.dataset['theme']]).toEqual(['ru', 'dark']);
    expect(byRole('heading', 'Чаты')).toBeTruthy();
    // Behind the lock nobody learns that something waits.
    await change(() => app.state.adoptApp({ phase: 'locked' }));
    expect(document.title).toBe('Sotto');
  });
});

describe('the first run', () => {
  const toCreate = async (options: Parameters<typeof renderApp>[0] = {}) => {
    const test = await renderApp({ phase: 'noAccount', ...options });
    await click('button', 'Create account');
    await click('button', 'Continue');
    return test;
  };

  it('leads from the welcome to the chats', async () => {
    await toCreate();
    expect(plainText(document.querySelector('.server-card-name'))).toBe('https://chat.example.org answers');
    expect(document.activeElement).toBe(screen.getByLabelText('Username'));
    await type('Username', 'alice');
    await type('Password', 'four unrelated words');
    await click('button', 'Create account');
    expect(byRole('heading', 'Chats')).toBeTruthy();
  });

  it.each([
    ['al', 'four unrelated words', 'Username', 'This cannot be a username'],
    ['taken', 'four unrelated words', 'Username', 'This username is taken'],
    ['alice', 'short', 'Password', 'Use at least 10 characters'],
    ['alice', 'password123', 'Password', 'easy to guess'],
  ])('says at the field what is wrong with %s / %s', async (username, password, label, words) => {
    await toCreate({ takenNames: ['taken'] });
    await type('Username', username);
    await type('Password', password);
    await click('button', 'Create account');
    const field = screen.getByLabelText(label);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const note = document.getElementById(field.getAttribute('aria-describedby') ?? '');
    expect(plainText(note)).toContain(words);
    expect(screen.getAllByRole('alert')).toHaveLength(1);
    expect(screen.getByLabelText<HTMLInputElement>('Username').value).toBe(username);
  });

  it('asks for nothing before the fields are filled, and says why', async () => {
    const { core } = await toCreate();
    const button = byRole('button', 'Create account');
    expect([button.getAttribute('aria-disabled'), button.title]).toEqual(['true', 'Fill in the fields first']);
    await click('button', 'Create account');
    await change(() => fireEvent.submit(document.querySelector('form')!));
    expect(core.calls.map(({ method }) => method)).not.toContain('register');
  });

  it('names the host that does not answer', async () => {
    await renderApp({ phase: 'noAccount' });
    await click('button', 'Sign in');
    await type('Address', 'https://away.example.org:444');
    await click('button', 'Continue');
    expect(plainText(screen.getByRole('alert'))).toBe(
      'away.example.org:444 does not answer. Nothing was sent. Check the address',
    );
  });

  it('offers no form where the server takes no accounts', async () => {
    await toCreate({ registration: 'closed' });
    expect(screen.queryByLabelText('Username')).toBeNull();
    expect(document.querySelector('h1')).toBe(document.activeElement);
  });

  it('asks for an invite code where the host lets in whoever has one, and sends it along', async () => {
    const { core } = await toCreate({ registration: 'invite' });
    expect(document.activeElement).toBe(screen.getByLabelText('Invite code'));
    await type('Username', 'anna');
    await type('Password', 'right password');
    expect(byRole('button', 'Create account').getAttribute('aria-disabled')).toBe('true');
    await type('Invite code', ' 7k2m-q0xr-9bte-hw4c ');
    await click('button', 'Create account');
    expect(core.calls.find(({ method }) => method === 'register')?.params).toMatchObject({
      inviteCode: '7k2m-q0xr-9bte-hw4c',
    });
  });

  it('shows and hides the password on request', async () => {
    await toCreate();
    const field = screen.getByLabelText<HTMLInputElement>('Password');
    expect(field.type).toBe('password');
    await click('button', 'Show password');
    expect(screen.getByLabelText<HTMLInputElement>('Password').type).toBe('text');
    await click('button', 'Hide password');
    expect(screen.getByLabelText<HTMLInputElement>('Password').type).toBe('password');
  });

  it('says to a right password that the keys are elsewhere', async () => {
    await renderApp({ phase: 'noAccount' });
    await click('button', 'Sign in');
    await click('button', 'Continue');
    await type('Username or email', 'alice');
    await type('Password', 'right password');
    await click('button', 'Continue');
    expect(byRole('heading', 'The password is right')).toBe(document.activeElement);
    await click('button', 'Back');
    expect(screen.getByLabelText<HTMLInputElement>('Username or email').value).toBe('alice');
  });
});

describe('the lock', () => {
  it('opens by the passphrase, and keeps a wrong one for correction', async () => {
    await renderApp({ phase: 'locked', passphrase: 'open sesame' });
    await type('Passphrase', 'sesame');
    await click('button', 'Unlock');
    expect(plainText(screen.getByRole('alert'))).toContain('does not fit');
    expect(screen.getByLabelText<HTMLInputElement>('Passphrase').value).toBe('sesame');
    await type('Passphrase', 'open sesame');
    await click('button', 'Unlock');
    await change(() => undefined);
    expect(byRole('heading', 'Chats')).toBeTruthy();
  });
});

describe('a profile that cannot be opened', () => {
  it('says why, and is asked for again', async () => {
    const core = createFakeCore();
    core.fail('getApp', new BridgeError('profileInUse'));
    await renderApp({ core });
    expect(plainText(screen.getByRole('alert'))).toContain('Another Sotto has this profile open');
    core.fail('getApp');
    await click('button', 'Try again');
    expect(byRole('heading', 'Chats')).toBeTruthy();
  });
});

describe('a window without its host', () => {
  it('says so, and what to do', async () => {
    const { link } = await renderApp();
    await change(() => {
      link.value = 'refused';
    });
    expect(plainText(screen.getByRole('alert'))).toContain('open the new address');
  });

  it('stays as it is while the road heals', async () => {
    const { link } = await renderApp();
    await change(() => {
      link.value = 'broken';
    });
    expect(byRole('heading', 'Chats')).toBeTruthy();
    expect(plainText(document.querySelector('.banner'))).toContain('Trying again');
  });
});
