import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { BridgeError } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { byRole, change, click, plainText, press, renderApp } from '../../testing/render-app.js';
import { TEST_NOW } from '../../testing/test-app.js';

beforeEach(() => fillBrowserGaps());

const DAY = 86_400_000;

const start = async () => {
  const test = await renderApp();
  const { core } = test;
  const bob = core.addChat('bob');
  const carol = core.addChat('carol');
  await change(() => {
    core.receive(bob, 'the tickets are here', { at: TEST_NOW - DAY, quiet: true });
    core.receive(bob, 'lost the Tickets', { at: TEST_NOW - 60 * DAY, own: { state: 'read' }, quiet: true });
    core.receive(carol, 'tickets: https://example.org/t', { at: TEST_NOW - 2 * DAY, quiet: true });
    core.changeChat(bob, {});
    core.changeChat(carol, {});
  });
  return { ...test, bob, carol };
};

const field = (): HTMLInputElement => screen.getByRole<HTMLInputElement>('searchbox');
const enter = (text: string) =>
  change(async () => {
    field().value = text;
    field().dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, 90));
  });
/** Without the choices of the filters. */
const options = (): HTMLElement[] => screen.queryAllByRole('option').filter(({ tagName }) => tagName === 'DIV');
const rows = (): string[] => options().map(plainText);
const choose = (label: string, value: string) =>
  change(async () => {
    const select = screen.getByLabelText<HTMLSelectElement>(label);
    select.value = value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, 90));
  });
const settled = (act: () => Promise<void>) =>
  act().then(() => change(() => new Promise((resolve) => setTimeout(resolve, 90))));

describe('search', () => {
  it('finds chats by name and messages by what they say, with the words marked', async () => {
    await start();
    await enter('ticke');
    expect(rows().map((row) => row.replace(/^[BC]/, ''))).toEqual([
      expect.stringMatching(/^bob.*the tickets are here$/),
      expect.stringMatching(/^carol.*tickets: https/),
      expect.stringMatching(/^bob.*You:lost the Tickets$/),
    ]);
    expect([...document.querySelectorAll('mark')].map(plainText)).toEqual(['ticke', 'ticke', 'Ticke']);
    await enter('caro');
    expect(rows()).toEqual(['Ccarol']);
    expect(byRole('group', 'Chats')).toBeTruthy();
  });

  it('says what to do where nothing is found, and why where it fails', async () => {
    const { core } = await start();
    await enter('z');
    expect(plainText(document.querySelector('.search-note'))).toBe('Type at least two characters.');
    await enter('zebra');
    expect(plainText(document.querySelector('.search-note'))).toBe('Nothing found for “zebra”.');
    core.fail('searchMessages', new BridgeError('storageBroken'));
    await enter('zebras');
    expect(plainText(document.querySelector('.field-error'))).not.toBe('');
  });

  it('is narrowed down by person, time and kind', async () => {
    const { core } = await start();
    await enter('tickets');
    await choose('By whom', 'self');
    expect(rows()).toEqual([expect.stringContaining('lost the Tickets')]);
    await choose('By whom', 'anyone');
    await choose('Since when', 'month');
    expect(rows()).toHaveLength(2);
    await settled(() => click('button', 'With a link'));
    expect(rows()).toEqual([expect.stringContaining('https://example.org/t')]);
    expect(core.calls.at(-1)).toMatchObject({ params: { kind: 'link', from: TEST_NOW - 31 * DAY } });
  });

  it('shows no more what is deleted meanwhile', async () => {
    const { core, bob } = await start();
    await enter('tickets');
    const { messages } = await core.call('listMessages', { chatId: bob, limit: 1 });
    await change(() => core.call('deleteMessages', { chatId: bob, messageIds: [messages[0]!.messageId] }));
    expect(rows()).toHaveLength(2);
    expect(rows().join()).not.toContain('the tickets are here');
  });

  it('keeps to the open chat when it is asked there, until that is taken off', async () => {
    const { app, bob } = await start();
    await change(() => app.chats.show(bob));
    await click('button', 'Search in this chat');
    expect(document.activeElement).toBe(field());
    await enter('tickets');
    expect(rows()).toHaveLength(2);
    await settled(() => click('button', 'In the chat with bob'));
    expect(rows()).toHaveLength(3);
  });

  it('is opened, gone through and left by the keyboard alone', async () => {
    const { app } = await start();
    await press(document.body, 'k', { code: 'KeyK', ctrlKey: true });
    expect(document.activeElement).toBe(field());
    await enter('tickets');
    await press(field(), 'ArrowDown');
    expect(document.activeElement).toBe(options()[0]);
    const list = screen.getByRole('listbox');
    await press(list, 'ArrowDown');
    await press(list, 'Enter');
    expect(app.chats.open.value?.view.value?.username).toBe('carol');
    await press(list, 'ArrowUp');
    await press(list, 'ArrowUp');
    expect(document.activeElement).toBe(field());
    await press(field(), 'Escape');
    expect([field().value, rows().length]).toEqual(['', 2]);
  });

  it('goes to a message that lies far back, points at it, and comes back to the newest', async () => {
    const { core, app, bob } = await start();
    await change(() => {
      for (let index = 0; index < 400; index += 1)
        core.receive(bob, `later ${index}`, { at: TEST_NOW - DAY + index * 1_000, quiet: true });
      core.changeChat(bob, {});
    });
    await enter('lost the');
    await change(() => options()[0]!.click());
    const chat = app.chats.open.value!;
    const [first] = chat.timeline.messages.value!;
    expect(first).toMatchObject({ body: { text: 'lost the Tickets' } });
    expect(chat.marked.value).toBe(first!.messageId);
    expect(document.querySelector('[data-marked]')?.getAttribute('data-message')).toBe(first!.messageId);
    expect([chat.timeline.hasNewer.value, chat.atNewest.value]).toEqual([true, false]);
    // What comes now stands below what is loaded: it is counted, not shown beside a gap.
    await change(() => void core.receive(bob, 'brand new', { at: TEST_NOW }));
    expect([chat.arrivedBelow.value, chat.timeline.messages.value!.at(-1)!.body]).not.toContain('brand new');
    expect(chat.arrivedBelow.value).toBe(1);
    await change(() => chat.showNewest());
    expect(chat.timeline.messages.value!.at(-1)).toMatchObject({ body: { text: 'brand new' } });
    expect([chat.timeline.hasNewer.value, chat.atNewest.value, chat.place.value]).toEqual([false, true, 'end']);
  });

  it('goes on downwards page by page until the newest', async () => {
    const { core, app, bob } = await start();
    await change(() => {
      for (let index = 0; index < 180; index += 1)
        core.receive(bob, `later ${index}`, { at: TEST_NOW - DAY + index * 1_000, quiet: true });
      core.changeChat(bob, {});
    });
    await enter('lost the');
    await change(() => options()[0]!.click());
    const chat = app.chats.open.value!;
    for (let page = 0; page < 8 && chat.timeline.hasNewer.value; page += 1) await change(() => chat.showNewer());
    const texts = chat.timeline.messages.value!.map(({ body }) => (body.kind === 'text' ? body.text : ''));
    expect(texts).toHaveLength(182);
    expect(new Set(texts).size).toBe(182);
    expect(texts.at(-1)).toBe('later 179');
  });

  it('shows what is new when a chat is opened again that was left far back', async () => {
    const { core, app, bob, carol } = await start();
    await change(() => {
      for (let index = 0; index < 200; index += 1)
        core.receive(bob, `later ${index}`, { at: TEST_NOW - DAY + index * 1_000, quiet: true });
      core.changeChat(bob, { unread: 0 });
    });
    await enter('lost the');
    await change(() => options()[0]!.click());
    await change(() => app.chats.show(carol));
    await change(() => void core.receive(bob, 'brand new', { at: TEST_NOW }));
    await change(() => app.chats.show(bob));
    const chat = app.chats.open.value!;
    expect(chat.timeline.hasNewer.value).toBe(false);
    expect(chat.timeline.messages.value!.at(-1)).toMatchObject({ body: { text: 'brand new' } });
    expect(document.querySelector('.unread-line')).not.toBeNull();
  });
});
