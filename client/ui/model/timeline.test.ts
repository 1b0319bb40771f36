import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '@sotto/client/bridge';
import { createFakeCore, type FakeCore } from '../testing/fake-core.js';
import { settle } from '../testing/test-app.js';
import type { ChatId } from './core-state.js';
import { createTimeline } from './timeline.js';

const MINUTE = 60_000;

const fill = (core: FakeCore, chatId: ChatId, from: number, to: number): void => {
  for (let index = from; index < to; index += 1) core.receive(chatId, `m${index}`, { at: index * MINUTE, quiet: true });
};

const start = (count: number) => {
  const core = createFakeCore({ now: () => 1 });
  const chatId = core.addChat('bob');
  fill(core, chatId, 0, count);
  const timeline = createTimeline(core, chatId, (change) => change());
  core.subscribe((event) => {
    if (event.type === 'messages') timeline.apply(event.messages);
  });
  const texts = () =>
    timeline.messages.value?.map((message) => (message.body.kind === 'text' ? message.body.text : '?')) ?? [];
  return { core, chatId, timeline, texts };
};

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `m${from + index}`);

describe('a timeline', () => {
  it('loads the newest page, oldest first, then page after page back to the first message', async () => {
    const { timeline, texts } = start(120);
    await timeline.load();
    expect(texts()).toEqual(numbered(70, 120));
    expect(timeline.hasOlder.value).toBe(true);
    await timeline.loadOlder();
    expect(texts()).toEqual(numbered(20, 120));
    await timeline.loadOlder();
    expect(texts()).toEqual(numbered(0, 120));
    expect(timeline.hasOlder.value).toBe(false);
  });

  it('loads as many as are wanted, over several calls where one may not give so many', async () => {
    const { core, timeline, texts } = start(600);
    await timeline.load(450);
    expect(texts().length).toBeGreaterThanOrEqual(450);
    expect(texts()).toEqual(numbered(600 - texts().length, 600));
    expect(core.calls.filter(({ method }) => method === 'listMessages').length).toBeGreaterThan(1);
  });

  it('puts late arrivals where they belong, and changes messages in place', async () => {
    const { core, chatId, timeline, texts } = start(3);
    await timeline.load();
    core.receive(chatId, 'late', { at: 1.5 * MINUTE });
    const own = core.receive(chatId, 'own', { at: 9 * MINUTE, own: { state: 'waiting' } });
    core.deliver(own, { state: 'read' });
    expect(texts()).toEqual(['m0', 'm1', 'late', 'm2', 'own']);
    expect(timeline.messages.value?.at(-1)?.delivery).toEqual({ state: 'read' });
  });

  it('leaves what is older than its pages to its page', async () => {
    const { core, chatId, timeline, texts } = start(120);
    await timeline.load();
    core.receive(chatId, 'old', { at: 5.5 * MINUTE });
    expect(texts()).toEqual(numbered(70, 120));
    await timeline.loadOlder();
    await timeline.loadOlder();
    expect(texts()).toEqual([...numbered(0, 6), 'old', ...numbered(6, 120)]);
  });

  it('keeps what events brought while a page was under way', async () => {
    const { core, chatId, timeline, texts } = start(3);
    const release = core.hold('listMessages');
    const loading = timeline.load();
    const own = core.receive(chatId, 'new', { at: 8 * MINUTE, own: { state: 'waiting' } });
    core.deliver(own, { state: 'sent' });
    release();
    await loading;
    expect(texts()).toEqual(['m0', 'm1', 'm2', 'new']);
    expect(timeline.messages.value?.at(-1)?.delivery).toEqual({ state: 'sent' });
  });

  it('heals after missed events: joins on where pages meet', async () => {
    const { core, chatId, timeline, texts } = start(60);
    await timeline.load();
    await timeline.loadOlder();
    fill(core, chatId, 60, 80);
    await timeline.load(10);
    expect(texts()).toEqual(numbered(0, 80));
    expect(timeline.hasOlder.value).toBe(false);
  });

  it('heals after missed events: starts anew rather than beside a gap', async () => {
    const { core, chatId, timeline, texts } = start(60);
    await timeline.load();
    fill(core, chatId, 60, 200);
    await timeline.load(10);
    expect(texts()).toEqual(numbered(150, 200));
    expect(timeline.hasOlder.value).toBe(true);
  });

  it('loads one page at a time', async () => {
    const { core, timeline } = start(300);
    await timeline.load();
    const before = core.calls.length;
    await Promise.all([timeline.loadOlder(), timeline.loadOlder(), timeline.loadOlder()]);
    expect(core.calls.length).toBe(before + 1);
  });

  it('tells of a refusal, and loads at the next try', async () => {
    const { core, timeline, texts } = start(3);
    core.fail('listMessages', new BridgeError('storageBroken'));
    await timeline.load();
    expect(timeline.failure.value).toMatchObject({ code: 'storageBroken' });
    expect(timeline.messages.value).toBeUndefined();
    core.fail('listMessages');
    await timeline.load();
    expect(timeline.failure.value).toBeUndefined();
    expect(texts()).toEqual(numbered(0, 3));
    await settle();
    expect(timeline.loading.value).toBe(false);
  });
});
