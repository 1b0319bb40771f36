import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createTestApp, settle } from '../testing/test-app.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const start = async () => {
  const test = createTestApp();
  const bob = test.core.addChat('bob');
  const carol = test.core.addChat('carol');
  await settle();
  test.app.chats.show(bob);
  await settle();
  const said = () =>
    test.app.announcement.value && {
      author: test.app.announcement.value.author,
      count: test.app.announcement.value.messages.length,
    };
  return { ...test, bob, carol, said };
};

it('new messages of the open chat are said together, a second after the first', async () => {
  const { core, bob, said } = await start();
  core.receive(bob, 'one');
  jest.advanceTimersByTime(600);
  core.receive(bob, 'two');
  expect(said()).toBeUndefined();
  jest.advanceTimersByTime(400);
  expect(said()).toEqual({ author: 'bob', count: 2 });
});

it('own messages, changes of state and other chats are not said', async () => {
  const { core, bob, carol, said } = await start();
  const own = core.receive(bob, 'mine', { own: { state: 'waiting' } });
  core.deliver(own, { state: 'read' });
  core.receive(carol, 'elsewhere');
  jest.advanceTimersByTime(5_000);
  expect(said()).toBeUndefined();
});

it('a chat that has been left is not said any more', async () => {
  const { core, app, bob, carol, said } = await start();
  core.receive(bob, 'one');
  app.chats.show(carol);
  jest.advanceTimersByTime(1_000);
  expect(said()).toBeUndefined();
});
