import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { BridgeError } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { byRole, change, click, plainText, press, renderApp } from '../../testing/render-app.js';

beforeEach(() => fillBrowserGaps());

const open = async () => {
  const test = await renderApp();
  const chatId = test.core.addChat('bob');
  const ids = ['one', 'two', 'three'].map((text) => test.core.receive(chatId, text, { quiet: true }));
  await change(() => undefined);
  await change(() => test.app.chats.show(chatId));
  return { ...test, chatId, ids };
};
const shown = (): string[] =>
  [...document.querySelectorAll('.bubble-text')].map((text) => plainText(text.firstChild as Element));
const deleteFirst = async (): Promise<void> => {
  await press(screen.getAllByRole('article')[0]!, 'Delete');
};

describe('deleting a message for oneself', () => {
  it('asks first, with the focus on the safe button', async () => {
    const { core } = await open();
    await deleteFirst();
    expect(plainText(document.querySelector('dialog'))).toContain('What bob has stays there.');
    expect(document.activeElement).toBe(byRole('button', 'Cancel'));
    await click('button', 'Cancel');
    expect(core.calls.map(({ method }) => method)).not.toContain('deleteMessages');
  });

  it('takes it out of the chat', async () => {
    const { core, chatId, ids } = await open();
    await deleteFirst();
    await change(() => document.querySelector<HTMLElement>('dialog .button-danger')?.click());
    expect(core.calls.at(-1)).toEqual({ method: 'deleteMessages', params: { chatId, messageIds: [ids[0]] } });
    expect([shown(), document.querySelector('dialog')]).toEqual([['two', 'three'], null]);
  });

  it('keeps it where the core would not, and says why', async () => {
    const { core } = await open();
    core.fail('deleteMessages', new BridgeError('storageBroken'));
    await deleteFirst();
    await change(() => document.querySelector<HTMLElement>('dialog .button-danger')?.click());
    expect(plainText(screen.getByRole('alert'))).toContain('cannot be read or written');
    expect(shown()).toEqual(['one', 'two', 'three']);
  });

  it('follows what another device deletes, and no late page brings it back', async () => {
    const { app, core, chatId, ids } = await open();
    const release = core.hold('listMessages');
    const reloaded = app.chats.reload();
    await change(() => core.call('deleteMessages', { chatId, messageIds: [ids[1]!] }));
    expect(shown()).toEqual(['one', 'three']);
    await change(async () => {
      release();
      await reloaded;
    });
    expect(shown()).toEqual(['one', 'three']);
  });
});
