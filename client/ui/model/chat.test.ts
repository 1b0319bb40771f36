import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '@sotto/client/bridge';
import { settle, createTestApp } from '../testing/test-app.js';
import { WINDOW_SIZE } from './message-window.js';

const MINUTE = 60_000;

const start = async (count: number, unread = 0) => {
  const test = createTestApp();
  const { core, app } = test;
  const chatId = core.addChat('bob');
  for (let index = 0; index < count; index += 1)
    core.receive(chatId, `m${index}`, { at: index * MINUTE, quiet: index < count - unread });
  await settle();
  const open = async () => {
    app.chats.show(chatId);
    await settle();
    const chat = app.chats.open.value;
    if (chat === undefined) throw new Error('the chat is not open');
    return chat;
  };
  const texts = () =>
    (app.chats.open.value?.days.value ?? [])
      .flatMap((day) => day.items)
      .map(({ message }) => (message.body.kind === 'text' ? message.body.text : '?'));
  const line = () =>
    (app.chats.open.value?.days.value ?? []).flatMap((day) => day.items).find((item) => item.unreadLine)?.message.body;
  const marked = () => core.calls.filter(({ method }) => method === 'markRead').map(({ params }) => params);
  return { ...test, chatId, open, texts, line, marked };
};

describe('entering a chat', () => {
  it('stands at the end where nothing is unread', async () => {
    const { open, texts, line } = await start(80);
    const chat = await open();
    expect(chat.entered.value).toBe(true);
    expect(chat.place.value).toBe('end');
    expect(texts().at(-1)).toBe('m79');
    expect(line()).toBeUndefined();
  });

  it('stands before the first unread message, however many there are', async () => {
    const { open, line } = await start(400, 300);
    const chat = await open();
    expect(line()).toEqual({ kind: 'text', text: 'm100' });
    expect(chat.place.value).toMatchObject({ offset: expect.any(Number) });
  });

  it('comes back to where it was left, without asking the core again', async () => {
    const { core, app, open } = await start(80);
    const chat = await open();
    const place = { messageId: chat.timeline.messages.value![40]!.messageId, offset: 12 };
    chat.moveTo(place);
    app.chats.close();
    const before = core.calls.length;
    expect(await open()).toBe(chat);
    expect(chat.place.value).toEqual(place);
    expect(core.calls.slice(before).map(({ method }) => method)).not.toContain('listMessages');
  });

  it('draws the unread line anew for what came meanwhile, and takes it away on leaving', async () => {
    const { core, app, chatId, open, line } = await start(5);
    await open();
    app.chats.close();
    core.receive(chatId, 'while away', { at: 10 * MINUTE });
    await open();
    expect(line()).toEqual({ kind: 'text', text: 'while away' });
    app.chats.close();
    core.changeChat(chatId, { unread: 0 });
    await open();
    expect(line()).toBeUndefined();
  });

  it('says why it cannot be read, and enters at the next try', async () => {
    const { core, open, texts } = await start(3);
    core.fail('listMessages', new BridgeError('storageBroken'));
    const chat = await open();
    expect([chat.entered.value, chat.timeline.failure.value]).toMatchObject([false, { code: 'storageBroken' }]);
    core.fail('listMessages');
    await chat.enter();
    expect(texts()).toEqual(['m0', 'm1', 'm2']);
  });
});

describe('the window', () => {
  it('never holds more than its size while older messages come', async () => {
    const { open, texts } = await start(700);
    const chat = await open();
    chat.moveTo({ messageId: chat.timeline.messages.value![0]!.messageId, offset: 0 });
    for (let step = 0; step < 30; step += 1) {
      await chat.showOlder();
      expect(texts().length).toBeLessThanOrEqual(WINDOW_SIZE);
    }
    expect(texts()[0]).toBe('m0');
    expect(chat.atNewest.value).toBe(false);
    for (let step = 0; step < 30; step += 1) await chat.showNewer();
    expect(texts().at(-1)).toBe('m699');
  });

  it('stays where the person is when messages arrive below, and counts them', async () => {
    const { core, chatId, open, texts } = await start(300);
    const chat = await open();
    await chat.showOlder();
    chat.moveTo({ messageId: chat.timeline.messages.value![40]!.messageId, offset: 0 });
    const [first] = texts();
    core.receive(chatId, 'below', { at: 301 * MINUTE });
    core.receive(chatId, 'mine', { at: 302 * MINUTE, own: { state: 'waiting' } });
    expect(texts()[0]).toBe(first);
    expect(chat.arrivedBelow.value).toBe(1);
    await chat.showNewest();
    expect([chat.arrivedBelow.value, texts().at(-1)]).toEqual([0, 'mine']);
  });

  it('follows the end while the person is there', async () => {
    const { core, chatId, open, texts } = await start(300);
    const chat = await open();
    core.receive(chatId, 'new', { at: 301 * MINUTE });
    expect([texts().at(-1), chat.atNewest.value, chat.arrivedBelow.value]).toEqual(['new', true, 0]);
  });

  it('goes down with an own message', async () => {
    const { open, texts } = await start(10);
    const chat = await open();
    chat.moveTo({ messageId: chat.timeline.messages.value![2]!.messageId, offset: 0 });
    chat.composer.edit('mine');
    await chat.send();
    expect([chat.place.value, texts().at(-1)]).toEqual(['end', 'mine']);
  });

  it('does not spin while a page is under way', async () => {
    const { core, open } = await start(700);
    const chat = await open();
    const release = core.hold('listMessages');
    const asked = [chat.showOlder(), chat.showOlder()];
    const before = chat.days.value;
    await settle();
    await chat.showOlder();
    expect(chat.days.value).toBe(before);
    release();
    await Promise.all(asked);
    expect(chat.days.value).not.toBe(before);
  });
});

describe('reading', () => {
  it('marks what has been seen, once, and only forwards', async () => {
    const { chatId, open, marked } = await start(10, 4);
    const chat = await open();
    const ids = chat.timeline.messages.value!.map(({ messageId }) => messageId);
    chat.seen(ids[7]!);
    chat.seen(ids[7]!);
    chat.seen(ids[3]!);
    await settle();
    expect(marked()).toEqual([{ chatId, upTo: ids[7] }]);
    expect(chat.view.value?.unread).toBe(2);
    chat.seen(ids[9]!);
    await settle();
    expect(chat.view.value?.unread).toBe(0);
    chat.seen(ids[9]!);
    expect(marked()).toHaveLength(2);
  });

  it('marks what arrives late, and so stands before what has been seen', async () => {
    const { core, chatId, open, marked } = await start(10, 1);
    const chat = await open();
    const last = chat.timeline.messages.value!.at(-1)!.messageId;
    chat.seen(last);
    await settle();
    core.receive(chatId, 'late', { at: 5.5 * MINUTE });
    expect(chat.view.value?.unread).toBe(1);
    chat.seen(last);
    await settle();
    expect(marked()).toHaveLength(2);
    expect(chat.view.value?.unread).toBe(0);
  });

  it('asks again after a refusal', async () => {
    const { core, open, marked } = await start(3, 1);
    const chat = await open();
    const last = chat.timeline.messages.value!.at(-1)!.messageId;
    core.fail('markRead', new BridgeError('storageBroken'));
    chat.seen(last);
    await settle();
    core.fail('markRead');
    chat.seen(last);
    await settle();
    expect(marked()).toHaveLength(2);
    expect(chat.view.value?.unread).toBe(0);
  });

  it('draws the line where the person stopped looking', async () => {
    const { core, chatId, attending, open, line } = await start(3);
    await open();
    attending.value = false;
    core.receive(chatId, 'unseen', { at: 9 * MINUTE });
    core.receive(chatId, 'also', { at: 10 * MINUTE });
    expect(line()).toEqual({ kind: 'text', text: 'unseen' });
  });
});

describe('decisions', () => {
  it('accepts a request', async () => {
    const { core, chatId, open } = await start(1);
    core.changeChat(chatId, { standing: 'request' });
    const chat = await open();
    await chat.accept();
    expect(chat.view.value?.standing).toBe('accepted');
  });

  it('tries a failed message again', async () => {
    const { core, chatId, open } = await start(1);
    const failed = core.receive(chatId, 'x', { at: MINUTE, own: { state: 'failed', reason: 'refused' } });
    const chat = await open();
    await chat.retry(failed);
    expect(chat.timeline.messages.value?.at(-1)?.delivery).toEqual({ state: 'waiting' });
  });

  it('says why a decision was refused', async () => {
    const { core, open } = await start(1);
    const chat = await open();
    core.fail('acceptChat', new BridgeError('signedOut'));
    await chat.accept();
    expect(chat.failure.value).toMatchObject({ code: 'signedOut' });
  });
});
