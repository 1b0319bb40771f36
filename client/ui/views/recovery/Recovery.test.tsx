import { beforeEach, describe, expect, it } from '@jest/globals';
import { fireEvent, screen } from '@testing-library/preact';
import { UnixMsValue } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { RECOVERY_GROUPS } from '../../testing/fake-own.js';
import { byRole, change, click, plainText, renderApp, type } from '../../testing/render-app.js';
import { TEST_NOW } from '../../testing/test-app.js';

beforeEach(() => fillBrowserGaps());

const banner = (): string => plainText(document.querySelector('.banner'));
const dialog = (): string => plainText(document.querySelector('dialog'));

describe('the recovery kit', () => {
  const show = async () => {
    const test = await renderApp();
    await change(() => test.core.setKit({ state: 'unconfirmed' }));
    await click('button', 'Save key');
    await type('Password', 'right password');
    await click('button', 'Show key');
    return test;
  };
  const inDocument = (): boolean =>
    RECOVERY_GROUPS.some((group) => new XMLSerializer().serializeToString(document.body).includes(group));

  it('is asked for until it is saved, or put off until the next start', async () => {
    const { core } = await renderApp();
    await change(() => core.setKit({ state: 'unconfirmed' }));
    expect(banner()).toContain('It restores your account and opens your backups. The server has no copy');
    await click('button', 'Later');
    expect(document.querySelector('.banner')).toBeNull();
  });

  it('shows the key on a page that can be printed', async () => {
    const { printed } = await show();
    expect([...byRole('list', 'Recovery key').children].map(plainText)).toEqual(RECOVERY_GROUPS);
    expect(byRole('img', 'Recovery key as a QR code')).toBeTruthy();
    await click('button', 'Print or save PDF');
    expect(printed.count).toBe(1);
  });

  it('is nowhere in the document once it is left', async () => {
    const { app } = await show();
    expect(inDocument()).toBe(true);
    await click('button', 'I have saved it');
    expect(inDocument()).toBe(false);
    await click('button', 'Close');
    await change(() => (app.dialog.value = 'recoveryKit'));
    expect(inDocument()).toBe(false);
  });

  it('is confirmed by the groups that are asked for', async () => {
    const { core } = await show();
    await click('button', 'I have saved it');
    expect(byRole('dialog', 'Enter groups 3 and 6')).toBeTruthy();
    await type('Group 3', 'XXXX');
    await type('Group 6', RECOVERY_GROUPS[5] ?? '');
    await click('button', 'Confirm');
    expect(plainText(screen.getByRole('alert'))).toContain('not the groups of your key');
    await type('Group 3', ` ${RECOVERY_GROUPS[2] ?? ''}`);
    await click('button', 'Confirm');
    expect(core.calls.at(-1)?.params).toEqual({
      password: 'right password',
      groups: [RECOVERY_GROUPS[2], RECOVERY_GROUPS[5]],
    });
    expect([document.querySelector('dialog'), document.querySelector('.banner')]).toEqual([null, null]);
  });
});

describe('a new recovery key', () => {
  it('says when it counts, and leads to saving it', async () => {
    const { app, core } = await renderApp({ now: () => TEST_NOW });
    await change(() => (app.dialog.value = 'replaceKey'));
    await type('Password', 'right password');
    await type('Old recovery key (optional)', 'short');
    await click('button', 'Replace key');
    expect(screen.getByLabelText('Old recovery key (optional)').getAttribute('aria-invalid')).toBe('true');
    await type('Old recovery key (optional)', '');
    await click('button', 'Replace key');
    expect(core.calls.find(({ method }) => method === 'replaceRecoveryKey')).toBeDefined();
    expect(dialog()).toContain('The new key counts from Mar 19');
    await change(() => document.querySelector<HTMLElement>('dialog .button-primary')?.click());
    expect(byRole('dialog', 'Your recovery key')).toBeTruthy();
  });
});

describe('a recovery that somebody else began', () => {
  const until = UnixMsValue.parse(TEST_NOW + 86_400_000);

  it('is told of before anything else, and objected to by the password', async () => {
    const { core } = await renderApp();
    await change(() => core.setPending([{ id: 'a', kind: 'recovery', until, canVeto: true }]));
    await change(() => core.connect({ state: 'signedOut' }));
    expect(banner()).toContain('Somebody is recovering your account');
    await click('button', 'Object');
    await type('Password', 'right password');
    await change(() => document.querySelector<HTMLElement>('dialog [type=submit]')?.click());
    expect(core.calls.find(({ method }) => method === 'vetoRecovery')?.params).toEqual({
      id: 'a',
      password: 'right password',
    });
    expect(plainText(document.querySelector('.toast'))).toBe('You objected. Nothing was changed');
  });

  it('is told of also where this device cannot object', async () => {
    const { core } = await renderApp();
    await change(() => core.setPending([{ id: 'a', kind: 'newRoot', until, canVeto: false }]));
    expect(banner()).toContain('This device cannot object');
    expect(screen.queryByRole('button', { name: 'Object' })).toBeNull();
  });
});

describe('a backup', () => {
  const open = async () => {
    const test = await renderApp();
    await change(() => (test.app.dialog.value = 'backup'));
    return test;
  };

  it('is put together from its pieces and given to the person', async () => {
    const { saved, core } = await open();
    await type('Passphrase of the file', 'four unrelated words');
    await type('New passphrase again', 'four unrelated word');
    await click('button', 'Save backup');
    expect(plainText(screen.getByRole('alert'))).toContain('differ');
    await type('New passphrase again', 'four unrelated words');
    await click('button', 'Save backup');
    expect(saved.map(({ name, content }) => [name, content.size])).toEqual([['sotto-alice.sottobackup', 1_000_003]]);
    expect(core.calls.at(-1)?.method).toBe('closeTransfer');
  });

  it('is taken in piece by piece, and says what it brought', async () => {
    const { core } = await open();
    const bytes = Uint8Array.from({ length: 500_000 }, (_, index) => index % 253);
    const pieces = (file: Uint8Array<ArrayBuffer>) => ({
      name: 'old.sottobackup',
      size: file.length,
      slice: (from: number, to: number) => ({ arrayBuffer: async () => file.slice(from, to).buffer }),
    });
    const input = document.querySelector<HTMLElement>('input[type=file]')!;
    await change(() => fireEvent.change(input, { target: { files: [pieces(bytes)] } }));
    expect(dialog()).toContain('File: old.sottobackup');
    await type('Passphrase or recovery key', 'wrong');
    await click('button', 'Restore');
    expect(plainText(screen.getByRole('alert'))).toContain('Neither the passphrase nor the recovery key');
    await type('Passphrase or recovery key', 'four unrelated words');
    await click('button', 'Restore');
    expect(core.restored).toEqual([bytes]);
    expect(dialog()).toContain('21 messages added, 3 were here already');
  });
});
