import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { AccountIdValue, type CoreApi, type CoreEvent } from '@sotto/client/bridge';
import { newMessageId } from '@sotto/e2e/harness';
import { Arrivals } from './arrivals.js';

const CHAT = AccountIdValue.parse(randomUUID());

const fakeCore = () => {
  let tell: (event: CoreEvent) => void = () => undefined;
  const core: CoreApi = {
    call: () => Promise.reject(new Error('nobody asks it anything')),
    subscribe: (listener) => {
      tell = listener;
      return () => undefined;
    },
  };
  return {
    core,
    arrive: (...arrived: ReturnType<typeof newMessageId>[]) =>
      tell({ type: 'messages', chatId: CHAT, messages: [], arrived }),
  };
};

it('tells everybody who waits, each about the text that they wait for', async () => {
  const { core, arrive } = fakeCore();
  const arrivals = new Arrivals(core);
  const [first, second] = [newMessageId(), newMessageId()];
  const before = performance.now();
  const both = Promise.all([arrivals.of(second), arrivals.of(first), arrivals.reach(2)]);
  arrive(first);
  arrive(second);
  const [atSecond, atFirst] = await both;
  expect(atFirst).toBeGreaterThanOrEqual(before);
  expect(atSecond).toBeGreaterThanOrEqual(atFirst);
});

it('counts a text once and keeps its first time', async () => {
  const { core, arrive } = fakeCore();
  const arrivals = new Arrivals(core);
  const id = newMessageId();
  arrive(id);
  const at = await arrivals.of(id);
  arrive(id);
  expect(arrivals.count).toBe(1);
  await expect(arrivals.of(id)).resolves.toBe(at);
});
