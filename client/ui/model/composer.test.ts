import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BridgeClosedError, BridgeError, MessageIdValue } from '@sotto/client/bridge';
import { createFakeCore, idOf } from '../testing/fake-core.js';
import { settle } from '../testing/test-app.js';
import { createComposer, TEXT_LENGTH } from './composer.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const start = (draft = '') => {
  const core = createFakeCore({ now: () => 1 });
  const chatId = core.addChat('bob', { draft });
  let next = 1;
  const composer = createComposer({ core, chatId, draft, newMessageId: () => MessageIdValue.parse(idOf(next++)) });
  const saved = () =>
    core.calls.filter(({ method }) => method === 'saveDraft').map(({ params }) => (params as { text: string }).text);
  const sent = () =>
    core.calls
      .filter(({ method }) => method === 'sendText')
      .map(({ params }) => params as { text: string; messageId: string });
  return { core, chatId, composer, saved, sent };
};

describe('a draft', () => {
  it('is saved 300 ms after the last key', async () => {
    const { composer, saved } = start();
    composer.edit('a');
    jest.advanceTimersByTime(299);
    composer.edit('ab');
    jest.advanceTimersByTime(299);
    expect(saved()).toEqual([]);
    jest.advanceTimersByTime(1);
    await settle();
    expect(saved()).toEqual(['ab']);
  });

  it('is saved at once when the chat is left, and not twice', async () => {
    const { composer, saved } = start();
    composer.edit('a');
    composer.flush();
    composer.flush();
    await settle();
    jest.advanceTimersByTime(1_000);
    await settle();
    expect(saved()).toEqual(['a']);
  });

  it('is saved again where it changed while it was being saved', async () => {
    const { core, composer, saved } = start();
    const release = core.hold('saveDraft');
    composer.edit('a');
    composer.flush();
    composer.edit('ab');
    composer.flush();
    release();
    await settle();
    expect(saved()).toEqual(['a', 'ab']);
  });

  it('is saved at the next occasion when the core was away', async () => {
    const { core, composer, saved } = start();
    core.fail('saveDraft', new BridgeClosedError());
    composer.edit('a');
    composer.flush();
    await settle();
    expect(composer.text.value).toBe('a');
    core.fail('saveDraft');
    composer.flush();
    await settle();
    expect(saved()).toEqual(['a', 'a']);
  });

  it('of another window is taken over, but never over what is being written here', async () => {
    const { composer } = start('old');
    composer.adopt('elsewhere');
    expect(composer.text.value).toBe('elsewhere');
    composer.edit('mine');
    composer.adopt('theirs');
    expect(composer.text.value).toBe('mine');
  });

  it('is not undone by the echo of its own saving', async () => {
    const { core, chatId, composer } = start();
    core.subscribe((event) => {
      if (event.type === 'chat') composer.adopt(event.chat.draft);
    });
    composer.edit('a');
    composer.flush();
    composer.edit('ab');
    await settle();
    expect(composer.text.value).toBe('ab');
    jest.advanceTimersByTime(300);
    await settle();
    expect(composer.text.value).toBe('ab');
    core.changeChat(chatId, { draft: '' });
    expect(composer.text.value).toBe('');
  });
});

describe('sending', () => {
  it('gives the trimmed text to the core, frees the field at once and clears the draft after', async () => {
    const { core, composer, saved, sent } = start('kept');
    const release = core.hold('sendText');
    composer.edit('  hello\n');
    const sending = composer.send();
    expect(composer.text.value).toBe('');
    await settle();
    // Until the core has the message, the draft on disk is all there is of it.
    expect(saved()).toEqual([]);
    release();
    await sending;
    await settle();
    expect(sent()).toEqual([{ chatId: expect.any(String), messageId: idOf(1), text: 'hello' }]);
    expect(saved()).toEqual(['']);
  });

  it('sends nothing but space', async () => {
    const { composer, sent } = start();
    composer.edit(' \n\t');
    expect(composer.sendable.value).toBe(false);
    await composer.send();
    expect(sent()).toEqual([]);
    expect(composer.text.value).toBe(' \n\t');
  });

  it('puts a refused text back and says why, until the person goes on', async () => {
    const { composer } = start();
    composer.edit('SLK1-abc');
    await composer.send();
    expect(composer.text.value).toBe('SLK1-abc');
    expect(composer.failure.value).toMatchObject({ code: 'textHoldsSecret' });
    composer.edit('SLK1-ab');
    expect(composer.failure.value).toBeUndefined();
  });

  it('puts a refused text before what has been written since', async () => {
    const { core, composer } = start();
    core.fail('sendText', new BridgeError('storageBroken'));
    composer.edit('first');
    const sending = composer.send();
    composer.edit('second');
    await sending;
    expect(composer.text.value).toBe('first\nsecond');
  });

  it('uses one id for one text whose fate is unknown, so that it cannot go out twice', async () => {
    const { core, composer, sent } = start();
    core.fail('sendText', new BridgeClosedError());
    composer.edit('once');
    await composer.send();
    expect(composer.failure.value).toBe('detached');
    core.fail('sendText');
    await composer.send();
    composer.edit('once');
    await composer.send();
    expect(sent().map(({ messageId }) => messageId)).toEqual([idOf(1), idOf(1), idOf(2)]);
  });
});

describe('the length', () => {
  it('is told near the limit and beyond it', () => {
    const { composer } = start();
    composer.edit('x'.repeat(TEXT_LENGTH - 500));
    expect(composer.left.value).toBeUndefined();
    composer.edit('x'.repeat(TEXT_LENGTH - 499));
    expect(composer.left.value).toBe(499);
    composer.edit('x'.repeat(TEXT_LENGTH));
    expect([composer.left.value, composer.sendable.value]).toEqual([0, true]);
    composer.edit('x'.repeat(TEXT_LENGTH + 3));
    expect([composer.left.value, composer.sendable.value]).toEqual([-3, false]);
  });
});
