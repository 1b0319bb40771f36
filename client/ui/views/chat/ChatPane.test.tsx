import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { BridgeError } from '@sotto/client/bridge';
import type { Arrival } from '../../testing/fake-core.js';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { byRole, change, click, plainText, press, renderApp, type } from '../../testing/render-app.js';
import { TEST_NOW } from '../../testing/test-app.js';

beforeEach(() => fillBrowserGaps());

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const start = async (arrivals: readonly (readonly [string, Arrival])[] = [], unread = 0) => {
  const test = await renderApp();
  const { core, app } = test;
  const chatId = core.addChat('bob');
  await change(() => {
    arrivals.forEach(([text, arrival], index) =>
      core.receive(chatId, text, { at: TEST_NOW - DAY + index * MINUTE, quiet: true, ...arrival }),
    );
    core.changeChat(chatId, { unread });
  });
  await change(() => app.chats.show(chatId));
  return { ...test, chatId };
};

const articles = (): readonly string[] =>
  screen
    .queryAllByRole('article')
    .map((article) => (article.getAttribute('aria-label') ?? '').replace(/[\u2068\u2069]/g, ''));
const plain = (text: string): string => text.replace(/\u202f/g, ' ');
const composer = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>('textbox');

describe('messages', () => {
  it('are articles named by author, text, time and state', async () => {
    await start([
      ['Hello', {}],
      ['Hi', { own: { state: 'read' } }],
      ['', { unknown: true }],
    ]);
    expect(articles().map(plain)).toEqual([
      'bob: Hello, 12:40 PM',
      'You: Hi, 12:41 PM, read',
      'bob: This message was made by a newer version of Sotto. It is kept here. Update to read it, 12:42 PM',
    ]);
  });

  it.each(['waiting', 'sent', 'delivered', 'read'] as const)('%s has a shape and a word of its own', async (state) => {
    await start([['Hi', { own: { state } }]]);
    const mark = screen.getByRole('article').querySelector('svg');
    expect([mark?.getAttribute('aria-label'), mark?.querySelector('title')?.textContent]).toEqual([state, state]);
    expect(mark?.classList.contains(`delivery-${state}`)).toBe(true);
  });

  it('are shown as the text that they are, isolated from what stands around them', async () => {
    const hostile = '<img src=x onerror=alert(1)>\n{"type":"file"} \u202egnp.exe';
    await start([[hostile, {}]]);
    const body = screen.getByRole('article').querySelector('.bubble-text');
    expect(body?.firstChild?.textContent).toBe(hostile);
    expect(body?.getAttribute('dir')).toBe('auto');
    expect(document.querySelector('img')).toBeNull();
  });

  it('stand under their days, grouped, behind the unread line', async () => {
    await start(
      [
        ['one', { at: TEST_NOW - 2 * DAY }],
        ['two', { at: TEST_NOW - 10 * MINUTE }],
        ['three', { at: TEST_NOW - 9 * MINUTE }],
      ],
      1,
    );
    expect([...document.querySelectorAll('.day-mark')].map(plainText)).toEqual(['Tuesday, March 10', 'Today']);
    const line = screen.getByText('Unread messages');
    const from = (text: string): number => line.compareDocumentPosition(byRole('article', new RegExp(`^bob: ${text}`)));
    expect([from('two'), from('three')]).toEqual([Node.DOCUMENT_POSITION_PRECEDING, Node.DOCUMENT_POSITION_FOLLOWING]);
  });

  it('that failed say why and can be tried again', async () => {
    const { core } = await start([['lost', { own: { state: 'failed', reason: 'recipientGone' } }]]);
    expect(plainText(document.querySelector('.message-failure'))).toContain('bob has no account or device any more');
    await click('button', 'Try again');
    expect(core.calls.at(-1)).toMatchObject({ method: 'retryMessage' });
    expect(articles()[0]).toContain('waiting');
  });

  it('that cannot be loaded say why, with the way out', async () => {
    const { core, app } = await renderApp();
    core.fail('listMessages', new BridgeError('storageBroken'));
    const chatId = core.addChat('bob');
    await change(() => core.receive(chatId, 'kept'));
    await change(() => app.chats.show(chatId));
    expect(plainText(screen.getByRole('alert'))).toContain('Nothing was deleted');
    core.fail('listMessages');
    await click('button', 'Try again');
    expect(articles()).toHaveLength(1);
  });

  it('are read when they are before the eyes of a person who looks', async () => {
    const { core, attending, chatId } = await start([['one', {}]], 1);
    const marks = () => core.calls.filter(({ method }) => method === 'markRead').length;
    expect(marks()).toBe(1);
    await change(() => (attending.value = false));
    await change(() => core.receive(chatId, 'two'));
    expect(marks()).toBe(1);
    await change(() => (attending.value = true));
    expect(marks()).toBe(2);
  });

  it('are read on arrival by a person who looks, though the count of unread ones comes a moment later', async () => {
    const { core, chatId } = await start();
    await change(() => core.receive(chatId, 'one', { uncounted: true }));
    await change(() => core.changeChat(chatId, { unread: 1 }));
    expect(core.calls.at(-1)).toMatchObject({ method: 'markRead', params: { chatId } });
  });

  it('are one stop of the Tab key, and the arrows move among them', async () => {
    await start([
      ['one', {}],
      ['two', {}],
    ]);
    const [one, two] = screen.getAllByRole('article');
    expect([one?.tabIndex, two?.tabIndex]).toEqual([-1, 0]);
    two?.focus();
    await press(two!, 'ArrowUp');
    expect(document.activeElement).toBe(one);
    expect([one?.tabIndex, two?.tabIndex]).toEqual([0, -1]);
  });

  it('that arrive are said once, without times', async () => {
    const { core, app, chatId } = await start();
    await change(() => core.receive(chatId, 'Hello'));
    await change(() => new Promise((resolve) => setTimeout(resolve, 1_100)));
    expect(app.announcement.value?.messages).toHaveLength(1);
    expect(plainText(document.querySelector('[aria-live=polite]'))).toBe('bob: Hello');
  });
});

describe('the composer', () => {
  it('has the focus, and its draft from the last time', async () => {
    fillBrowserGaps((query) => query === '(pointer: fine)');
    const { app, core } = await renderApp();
    const chatId = core.addChat('bob', { draft: 'half written' });
    await change(() => undefined);
    await change(() => app.chats.show(chatId));
    expect(document.activeElement).toBe(composer());
    expect(composer().value).toBe('half written');
    expect(plain(composer().getAttribute('aria-label') ?? '').replace(/[\u2068\u2069]/g, '')).toBe('Message to bob');
  });

  it('sends by Enter', async () => {
    const { core } = await start();
    await type('Message to bob', 'Hello');
    await press(composer(), 'Enter');
    expect(core.calls).toContainEqual({ method: 'sendText', params: expect.objectContaining({ text: 'Hello' }) });
    expect([composer().value, articles().length]).toEqual(['', 1]);
  });

  it.each([
    ['Shift+Enter', { shiftKey: true }],
    ['Enter of an input method', { isComposing: true }],
    ['Enter of an input method in Safari', { keyCode: 229 }],
  ])('does not send by %s', async (_, more) => {
    const { core } = await start();
    await type('Message to bob', 'にほん');
    await press(composer(), 'Enter', more);
    expect(core.calls.map(({ method }) => method)).not.toContain('sendText');
    expect(composer().value).toBe('にほん');
  });

  it('says what is missing instead of sending nothing', async () => {
    const { core } = await start();
    const button = byRole('button', 'Send');
    expect([button.getAttribute('aria-disabled'), button.title]).toEqual(['true', 'Write something first']);
    await click('button', 'Send');
    expect(core.calls.map(({ method }) => method)).not.toContain('sendText');
  });

  it('counts near the limit, and keeps what is over it', async () => {
    const { core } = await start();
    await type('Message to bob', 'x'.repeat(4_998));
    expect(screen.getByText('2 characters left')).toBeTruthy();
    await type('Message to bob', 'x'.repeat(5_001));
    await press(composer(), 'Enter');
    expect(plainText(screen.getByRole('alert'))).toContain('1 character too many');
    expect(core.calls.map(({ method }) => method)).not.toContain('sendText');
    expect(composer().value).toHaveLength(5_001);
  });

  it('gives a refused text back with the reason', async () => {
    await start();
    await type('Message to bob', 'look: SLK1-secret');
    await press(composer(), 'Enter');
    expect(composer().value).toBe('look: SLK1-secret');
    expect(plainText(screen.getByRole('alert'))).toContain('linking code or a recovery key');
  });

  it('goes back to the list by Esc where there is one pane', async () => {
    fillBrowserGaps((query) => query.startsWith('(max-width'));
    const { app } = await start();
    await type('Message to bob', 'kept');
    await press(composer(), 'Escape');
    expect(app.chats.open.value).toBeUndefined();
    expect(plainText(screen.getByRole('option'))).toContain('Draft:kept');
  });
});

describe('a request', () => {
  it('stands in place of the composer until it is accepted', async () => {
    const { core, chatId } = await start();
    await change(() => core.changeChat(chatId, { standing: 'request' }));
    expect(screen.queryByRole('textbox')).toBeNull();
    expect(plainText(document.querySelector('.request'))).toContain('bob writes to you for the first time');
    core.fail('acceptChat', new BridgeError('storageBroken'));
    await click('button', 'Accept');
    expect(plainText(screen.getByRole('alert'))).toContain('Nothing was deleted');
    core.fail('acceptChat');
    await click('button', 'Accept');
    expect(composer()).toBeTruthy();
  });
});

describe('an alarm', () => {
  it('says what happened and leads to the comparison, above every other banner', async () => {
    const { core, chatId } = await start();
    await change(() => {
      core.connect({ state: 'signedOut' });
      core.changeChat(chatId, { alarm: true });
    });
    expect(document.querySelectorAll('.banner')).toHaveLength(1);
    expect(plainText(screen.getByRole('alert'))).toContain('wait here and are not sent');
    await click('button', 'Compare');
    expect(screen.getAllByRole('listitem', { hidden: true }).length).toBeGreaterThanOrEqual(12);
  });
});
