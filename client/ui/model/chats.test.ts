import { describe, expect, it } from '@jest/globals';
import { createTestApp, settle } from '../testing/test-app.js';

const start = async (count = 3) => {
  const test = createTestApp();
  const ids = Array.from({ length: count }, (_, index) =>
    test.core.addChat(`person_${index}`, { activeAt: (1_000 - index) as never }),
  );
  await settle();
  const name = () => test.app.chats.open.value?.view.value?.username;
  return { ...test, chats: test.app.chats, ids, name };
};

describe('the chats', () => {
  it('add up what is unread', async () => {
    const { core, chats, ids } = await start();
    core.changeChat(ids[0]!, { unread: 2 });
    core.changeChat(ids[2]!, { unread: 5 });
    expect(chats.unread.value).toBe(7);
  });

  it('step through the list without going round', async () => {
    const { chats, name } = await start();
    chats.step(-1);
    expect(name()).toBeUndefined();
    chats.step(1);
    expect(name()).toBe('person_0');
    chats.step(1);
    chats.step(1);
    chats.step(1);
    expect(name()).toBe('person_2');
    chats.step(-1);
    expect(name()).toBe('person_1');
    chats.showNth(0);
    expect(name()).toBe('person_0');
    chats.showNth(8);
    expect(name()).toBe('person_0');
  });

  it('save the draft of a chat that is left', async () => {
    const { core, chats, ids } = await start();
    chats.show(ids[0]!);
    await settle();
    chats.open.value?.composer.edit('half');
    chats.show(ids[1]!);
    await settle();
    expect(core.calls).toContainEqual({ method: 'saveDraft', params: { chatId: ids[0], text: 'half' } });
    chats.show(ids[0]!);
    expect(chats.open.value?.composer.text.value).toBe('half');
  });

  it('keep the latest few in memory, and the rest on disk alone', async () => {
    const { chats, ids } = await start(14);
    const first = () => {
      chats.show(ids[0]!);
      return chats.open.value;
    };
    const opened = first();
    chats.show(ids[1]!);
    expect(first()).toBe(opened);
    for (const chatId of ids.slice(1)) chats.show(chatId);
    expect(first()).not.toBe(opened);
  });

  it('leave nothing behind the lock', async () => {
    const { app, chats, ids } = await start();
    chats.show(ids[0]!);
    await settle();
    app.state.adoptApp({ phase: 'locked' });
    expect(chats.open.value).toBeUndefined();
    expect(chats.list.value).toBeUndefined();
  });

  it('take up what they missed when the road to the core is back', async () => {
    const { core, chats, ids, link } = await start();
    chats.show(ids[0]!);
    await settle();
    link.value = 'broken';
    core.receive(ids[0]!, 'missed', { quiet: true });
    core.receive(ids[1]!, 'missed too', { quiet: true });
    link.value = 'open';
    await settle();
    expect(chats.open.value?.timeline.messages.value).toHaveLength(1);
    expect(chats.list.value?.filter((chat) => chat.lastMessage !== undefined)).toHaveLength(2);
  });
});
