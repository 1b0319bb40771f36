import { describe, expect, it } from '@jest/globals';
import { createFakeCore } from '../testing/fake-core.js';
import { settle } from '../testing/test-app.js';
import { createCoreState } from './core-state.js';

const names = (state: ReturnType<typeof createCoreState>) => state.chats.value?.map((chat) => chat.username);

describe('the core state', () => {
  it('lists the chats, the latest first, once the core is ready', async () => {
    const core = createFakeCore();
    core.addChat('bob', { activeAt: 10 as never });
    core.addChat('carol', { activeAt: 20 as never });
    const state = createCoreState(core);
    expect(state.app.value).toBeUndefined();
    await state.refresh();
    await settle();
    expect(state.app.value?.phase).toBe('ready');
    expect(names(state)).toEqual(['carol', 'bob']);
  });

  it('follows events', async () => {
    const core = createFakeCore({ now: () => 100 });
    const bob = core.addChat('bob', { activeAt: 10 as never });
    core.addChat('carol', { activeAt: 20 as never });
    const state = createCoreState(core);
    await state.refresh();
    await settle();
    core.receive(bob, 'now');
    expect(names(state)).toEqual(['bob', 'carol']);
    expect(state.findChat(bob)?.unread).toBe(1);
    core.connect({ state: 'connecting' });
    expect(state.app.value).toMatchObject({ connection: { state: 'connecting' } });
  });

  it('does not let a listing undo an event that overtook it', async () => {
    const core = createFakeCore();
    const bob = core.addChat('bob');
    const state = createCoreState(core);
    await state.refresh();
    await settle();
    // The listing is answered with what was true when it was asked for.
    const stale = await core.call('listChats', {});
    const release = core.hold('listChats');
    const refreshing = state.refresh();
    await settle();
    core.changeChat(bob, { unread: 7 });
    core.changeChat(bob, { draft: 'newer' });
    expect(stale[0]?.unread).toBe(0);
    release();
    await refreshing;
    expect(state.findChat(bob)).toMatchObject({ unread: 7, draft: 'newer' });
  });

  it('takes an event over an answer that is older than it', async () => {
    const core = createFakeCore();
    const state = createCoreState(core);
    const release = core.hold('getApp');
    const refreshing = state.refresh();
    core.connect({ state: 'signedOut' });
    release();
    await refreshing;
    expect(state.app.value).toMatchObject({ connection: { state: 'signedOut' } });
  });

  it('forgets every chat behind the lock', async () => {
    const core = createFakeCore();
    core.addChat('bob');
    const state = createCoreState(core);
    await state.refresh();
    await settle();
    state.adoptApp({ phase: 'locked' });
    expect(state.chats.value).toBeUndefined();
  });

  it('stays as it was when the core is away', async () => {
    const core = createFakeCore();
    const state = createCoreState(core);
    core.fail('getApp', new (await import('@sotto/client/bridge')).BridgeClosedError());
    await state.refresh();
    expect(state.app.value).toBeUndefined();
  });
});
