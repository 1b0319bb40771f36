import { beforeEach, afterEach, describe, expect, it, jest } from '@jest/globals';
import { settle } from '../testing/test-app.js';
import { createDesktopLink } from './desktop-link.js';

/** A port with the core's side open to the test; what comes waits until it is started, as in a browser. */
class FakePort extends EventTarget {
  readonly sent: string[] = [];
  closed = false;
  readonly #waiting: string[] = [];
  #started = false;

  postMessage(text: string): void {
    this.sent.push(text);
  }

  start(): void {
    this.#started = true;
    for (const text of this.#waiting.splice(0)) this.say(text);
  }

  /** Only the other end is told, as in a browser. */
  close(): void {
    this.closed = true;
  }

  /** The other end is gone. */
  die(): void {
    this.dispatchEvent(new Event('close'));
  }

  say(text: string): void {
    if (this.#started) this.dispatchEvent(new MessageEvent('message', { data: text }));
    else this.#waiting.push(text);
  }
}

const GREETING = JSON.stringify({ defaultServer: 'https://chat.example.org', unprotected: true });

let asked: number;
/** Ends what the link of a test listens for: the window outlives it. */
let forget: AbortController;

beforeEach(() => {
  jest.useFakeTimers();
  asked = 0;
  forget = new AbortController();
  const listen = window.addEventListener.bind(window);
  jest
    .spyOn(window, 'addEventListener')
    .mockImplementation((type: string, listener: EventListenerOrEventListenerObject) => {
      listen(type, listener, { signal: forget.signal });
    });
  window.postMessage = ((message: unknown) => {
    if (message === 'sotto.ready') asked += 1;
  }) as never;
});
afterEach(() => {
  forget.abort();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const bring = (port: FakePort, more: object = {}): void => {
  const event = new Event('message');
  const fields = { data: 'sotto.port', origin: window.location.origin, source: window, ports: [port], ...more };
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(event, name, { value });
  window.dispatchEvent(event);
};

describe('the road to the core of the desktop client', () => {
  it('asks for a port, and is open when the core has greeted', async () => {
    const link = createDesktopLink(window);
    expect([asked, link.state.value]).toEqual([1, 'connecting']);
    const port = new FakePort();
    port.say(GREETING);
    bring(port);
    expect([link.state.value, link.defaultServer.value, link.unprotected.value]).toEqual([
      'open',
      'https://chat.example.org',
      true,
    ]);
    const call = link.core.call('getApp', {});
    const { id } = JSON.parse(port.sent[0] ?? '{}') as { id: number };
    port.say(JSON.stringify({ jsonrpc: '2.0', id, result: { phase: 'locked' } }));
    await expect(call).resolves.toEqual({ phase: 'locked' });
  });

  it.each([
    ['another window', { source: null }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another message', { data: 'hello' }],
    ['no port', { ports: [] }],
  ])('takes nothing from %s', (_, more) => {
    const link = createDesktopLink(window);
    const port = new FakePort();
    port.say(GREETING);
    bring(port, more);
    expect(link.state.value).toBe('connecting');
  });

  it('asks anew when the core has died', async () => {
    const link = createDesktopLink(window);
    const [first, second] = [new FakePort(), new FakePort()];
    first.say(GREETING);
    bring(first);
    first.die();
    expect(link.state.value).toBe('broken');
    jest.advanceTimersByTime(500);
    expect(asked).toBe(2);
    second.say(GREETING);
    bring(second);
    await settle();
    expect(link.state.value).toBe('open');
  });

  it('lets go of a port that does not greet', () => {
    const link = createDesktopLink(window);
    const port = new FakePort();
    port.say('{}');
    bring(port);
    expect([link.state.value, port.closed, port.sent]).toEqual(['broken', true, []]);
  });

  it('asks less and less often while no core greets', () => {
    createDesktopLink(window);
    const askedAfter = (waitMs: number): number => {
      const port = new FakePort();
      bring(port);
      port.die();
      const before = asked;
      jest.advanceTimersByTime(waitMs - 1);
      expect(asked).toBe(before);
      jest.advanceTimersByTime(1);
      return asked - before;
    };
    expect([500, 1_000, 2_000, 4_000, 8_000, 8_000].map(askedAfter)).toEqual([1, 1, 1, 1, 1, 1]);
    const port = new FakePort();
    port.say(GREETING);
    bring(port);
    expect(askedAfter(500)).toBe(1);
  });

  it('keeps to the newest port: the one before is closed, and its end breaks nothing', async () => {
    const link = createDesktopLink(window);
    const [first, second] = [new FakePort(), new FakePort()];
    first.say(GREETING);
    bring(first);
    const call = link.core.call('getApp', {});
    second.say(GREETING);
    bring(second);
    await expect(call).rejects.toMatchObject({ failure: { code: 'internal' } });
    first.die();
    expect([first.closed, link.state.value]).toEqual([true, 'open']);
  });
});
