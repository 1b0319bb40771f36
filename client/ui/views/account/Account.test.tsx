import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { BridgeError, UnixMsValue, type AccountPageView } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { createFakeCore } from '../../testing/fake-core.js';
import { MAIL_CODE } from '../../testing/fake-account-page.js';
import { byRole, change, click, plainText, renderApp, type } from '../../testing/render-app.js';

beforeEach(() => fillBrowserGaps());

const PASSWORD = 'right password';

const open = async (page: Partial<AccountPageView> = {}) => {
  const test = await renderApp();
  test.core.setPage(page);
  await click('button', 'Menu');
  await click('menuitem', 'Settings');
  await click('button', 'Account');
  return test;
};
const dialog = (): string => plainText(document.querySelector('dialog'));
const alert = (): string => plainText(screen.getByRole('alert'));
const lastCall = (
  core: { readonly calls: readonly { readonly method: string; readonly params: unknown }[] },
  method: string,
) => core.calls.findLast((call) => call.method === method)?.params;

/** A browser's `Blob.text`, which the test environment lacks. */
const textOf = (blob: Blob | undefined): Promise<string> =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(blob ?? new Blob());
  });

describe('the account page', () => {
  it('shows what the server knows, and asks it anew each time', async () => {
    const { core } = await open({ email: 'alice@example.org', emailConfirmedAt: UnixMsValue.parse(1_772_000_000_000) });
    expect(dialog()).toMatch(/@alice on https:\/\/chat\.example\.org, since \w+ \d+, 2026/);
    expect(dialog()).toContain('alice@example.org, confirmed');
    const before = core.calls.filter(({ method }) => method === 'accountPage').length;
    await click('button', 'Back');
    await click('button', 'Account');
    expect(core.calls.filter(({ method }) => method === 'accountPage')).toHaveLength(before + 1);
  });

  it('says why there is nothing to show, and still lets this device be erased', async () => {
    const { core, app } = await renderApp();
    core.fail('accountPage', new BridgeError('signedOut'));
    await change(() => (app.dialog.value = 'account'));
    expect(alert()).toContain('signed out');
    expect(byRole('button', 'Erase from this device')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Delete account' })).toBeNull();
  });

  it('closes the linking lock at once and lifts it with the password', async () => {
    await open();
    await click('button', 'Lock linking');
    expect(dialog()).toContain('Closed. No device can be linked');
    await click('button', 'Lift the lock');
    await type('Password', 'wrong password');
    await click('button', 'Lift the lock');
    expect(alert()).toContain('do not fit together');
    await type('Password', PASSWORD);
    await click('button', 'Lift the lock');
    expect(byRole('button', 'Lock linking')).toBeTruthy();
  });

  it('hands over what the server has as a file', async () => {
    const { saved } = await open();
    await click('button', 'Export');
    await type('Password', PASSWORD);
    await click('button', 'Export');
    expect(saved).toEqual([{ name: 'sotto-alice.json', content: expect.anything() }]);
  });
});

describe('the address', () => {
  it('is the account’s once its code was entered', async () => {
    const { core, app } = await open();
    await click('button', 'Add email');
    await type('Email', 'alice');
    await type('Password', PASSWORD);
    await click('button', 'Save');
    expect(alert()).toContain('no email address');
    await type('Email', ' alice@example.org ');
    await click('button', 'Save');
    expect(lastCall(core, 'changeEmail')).toEqual({ email: 'alice@example.org', password: PASSWORD });
    expect(dialog()).toContain('It was sent to alice@example.org');
    await type('Code', 'AB3D-EFGH-JKMN-0000');
    await click('button', 'Confirm');
    expect(alert()).toContain('replaced by a later one');
    await type('Code', MAIL_CODE.toLowerCase());
    await click('button', 'Confirm');
    expect(app.dialog.value).toBe('account');
    expect(dialog()).toContain('alice@example.org, confirmed');
    expect(app.toasts.current.value).toBe('account.email.confirm.done');
  });

  it('is taken away by leaving the field empty', async () => {
    const { core } = await open({ email: 'alice@example.org' });
    await click('button', 'Change email');
    await type('Password', PASSWORD);
    await click('button', 'Save');
    expect(lastCall(core, 'changeEmail')).toEqual({ password: PASSWORD });
    expect(dialog()).toContain('No address');
  });

  it('waits for its code over a restart', async () => {
    await open({ pendingEmail: 'new@example.org' });
    expect(dialog()).toContain('A code was sent to new@example.org');
    await click('button', 'Enter code');
    expect(byRole('textbox', 'Code')).toBeTruthy();
  });
});

describe('the password', () => {
  it('is changed with the present one', async () => {
    const { core, app } = await open();
    await click('button', 'Change password');
    await type('Present password', PASSWORD);
    await type('New password', 'short');
    await click('button', 'Change password');
    expect(alert()).toContain('too short');
    await type('New password', 'four unrelated words');
    await click('button', 'Change password');
    expect(lastCall(core, 'changePassword')).toEqual({ password: PASSWORD, newPassword: 'four unrelated words' });
    expect(app.dialog.value).toBe('account');
    expect(app.toasts.current.value).toBe('password.changed');
  });

  it('asks for a code where there is a second factor, and says where a failure belongs', async () => {
    const { core } = await open();
    await click('button', 'Change password');
    await type('Present password', PASSWORD);
    await type('New password', 'four unrelated words');
    core.fail('changePassword', new BridgeError('secondFactorRequired'));
    await click('button', 'Change password');
    await type('Code of your authenticator', '123456');
    core.fail('changePassword', new BridgeError('passwordInDoubt'));
    await click('button', 'Change password');
    expect(lastCall(core, 'changePassword')).toMatchObject({ secondFactor: '123456' });
    expect(alert()).toContain('Try the new one first');
  });

  it('before a reset is asked for once', async () => {
    const { app } = await open({ keysClosed: true });
    expect(dialog()).toContain('Your password was reset');
    await click('button', 'Enter earlier password');
    await type('Earlier password', 'another password');
    await type('Present password', PASSWORD);
    await click('button', 'Open keys');
    expect(alert()).toContain('not the password that the keys are under');
    await type('Earlier password', 'earlier password');
    await click('button', 'Open keys');
    expect(app.dialog.value).toBe('account');
    expect(screen.queryByRole('button', { name: 'Enter earlier password' })).toBeNull();
  });

  it('is reset by mail from a device that is signed out', async () => {
    const { core, app } = await renderApp();
    await change(() => core.connect({ state: 'signedOut' }));
    await change(() => (app.dialog.value = 'signIn'));
    await click('button', 'Forgot password?');
    await click('button', 'Send code');
    expect(lastCall(core, 'requestPasswordReset')).toEqual({
      address: 'https://chat.example.org',
      identifier: 'alice',
    });
    await click('button', 'Send another code');
    await click('button', 'Send code');
    expect(core.calls.filter(({ method }) => method === 'requestPasswordReset')).toHaveLength(2);
    await type('Code', MAIL_CODE);
    await type('New password', 'four unrelated words');
    await click('button', 'Set password');
    expect(app.dialog.value).toBe('signIn');
    await type('Password', 'four unrelated words');
    await change(() => document.querySelector<HTMLFormElement>('dialog form')?.requestSubmit());
    expect(app.dialog.value).toBeUndefined();
  });

  it('is reset by mail from a device without an account, where the host sends mail', async () => {
    for (const mail of [false, true]) {
      const core = createFakeCore({ phase: 'noAccount', mail });
      const { app } = await renderApp({ core });
      app.firstRun.address.value = 'https://chat.example.org';
      await click('button', 'Sign in');
      await click('button', 'Continue');
      if (mail) {
        await type('Username or email', 'alice');
        await click('button', 'Forgot password?');
        expect(byRole('textbox', 'Username or email')).toHaveProperty('value', 'alice');
        await click('button', 'Send code');
        await type('Code', MAIL_CODE);
        await type('New password', 'four unrelated words');
        await click('button', 'Set password');
        expect(app.firstRun.step.value).toBe('signIn');
        expect(plainText(document.body)).toContain('Password set');
      } else expect(screen.queryByRole('button', { name: 'Forgot password?' })).toBeNull();
    }
  });
});

describe('the second factor', () => {
  it('is set up with an authenticator, and gives its backup codes once', async () => {
    const { app, saved } = await open();
    await click('button', 'Set up');
    await type('Password', PASSWORD);
    await click('button', 'Continue');
    expect(byRole('img', 'QR code for your authenticator')).toBeTruthy();
    expect(dialog()).toContain('JBSW Y3DP EHPK 3PXP');
    await type('Code that the authenticator shows', '000000');
    await click('button', 'Switch on');
    expect(alert()).toContain('not right');
    await type('Code that the authenticator shows', '482917');
    await click('button', 'Switch on');
    expect(byRole('list', 'Your backup codes').children).toHaveLength(10);
    await click('button', 'Save file');
    expect(await textOf(saved[0]?.content)).toMatch(/^Sotto backup codes of .*\n\n(\S+\n){10}$/);
    await click('button', 'I have saved them');
    expect(app.accountPage.newCodes.value).toBeUndefined();
    expect(dialog()).toContain('10 backup codes are left');
  });

  it('gets new codes, and is switched off', async () => {
    const { app } = await open({ secondFactor: true, backupCodes: 1 });
    expect(dialog()).toContain('1 backup code is left');
    await click('button', 'New backup codes');
    await type('Password', PASSWORD);
    await click('button', 'New backup codes');
    expect(byRole('list', 'Your backup codes').children).toHaveLength(10);
    await click('button', 'Close');
    expect(app.accountPage.newCodes.value).toBeUndefined();
    await click('button', 'Switch off');
    await type('Password', PASSWORD);
    await click('button', 'Switch off');
    expect(byRole('button', 'Set up')).toBeTruthy();
  });
});

describe('read receipts', () => {
  it('are switched for the whole account, and say so where that is refused', async () => {
    const { core } = await renderApp();
    await click('button', 'Menu');
    await click('menuitem', 'Settings');
    const box = () => byRole('checkbox', 'Tell people when I have read what they wrote') as HTMLInputElement;
    expect(box().checked).toBe(true);
    await click('checkbox', 'Tell people when I have read what they wrote');
    expect(lastCall(core, 'setAccountSettings')).toEqual({ readReceipts: false });
    expect(box().checked).toBe(false);
    core.fail('setAccountSettings', new BridgeError('unlinked'));
    await click('checkbox', 'Tell people when I have read what they wrote');
    expect(alert()).toContain('unlinked');
    expect(box().checked).toBe(false);
  });
});

describe('the end', () => {
  it('of what is here needs the name', async () => {
    const { core, app } = await open();
    await click('button', 'Erase from this device');
    await type('Type alice to confirm', 'bob');
    await click('button', 'Erase');
    expect(alert()).toContain('Nothing was erased');
    await type('Type alice to confirm', '@alice');
    await click('button', 'Erase');
    expect(lastCall(core, 'eraseProfile')).toEqual({ username: '@alice' });
    expect(app.screen.value).toBe('firstRun');
    expect(app.firstRun.step.value).toBe('welcome');
  });

  it('of the account needs the name and the password', async () => {
    const { core, app } = await open();
    await click('button', 'Delete account');
    await type('Password', PASSWORD);
    await type('Type alice to confirm', 'bob');
    await click('button', 'Delete for good');
    expect(lastCall(core, 'deleteAccount')).toBeUndefined();
    await type('Type alice to confirm', 'Alice');
    await click('button', 'Delete for good');
    expect(lastCall(core, 'deleteAccount')).toEqual({ password: PASSWORD });
    expect(app.screen.value).toBe('firstRun');
  });
});
