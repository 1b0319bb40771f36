import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BridgeClosedError, type CoreEvent } from '@sotto/client/bridge';
import { settle } from '../testing/test-app.js';
import { createWebLink } from './web-link.js';

const TOKEN = 'T'.repeat(43);
const SESSION = 'S'.repeat(43);

/** A socket as the page sees it, with the host's side open to the test. */
class FakeSocket extends EventTarget {
  static readonly CLOSED = 3;
  static readonly made: FakeSocket[] = [];
  readonly sent: string[] = [];
  readyState = 1;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super();
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(new Event('close'));
  }

  say(value: unknown): void {
    this.dispatchEvent(
      new MessageEvent('message', { data: typeof value === 'string' ? value : JSON.stringify(value) }),
    );
  }

  greet(): void {
    this.say({ session: SESSION, defaultServer: 'https://chat.example.org', unprotected: true });
  }
}

let answers: boolean;
const listening: (readonly [string, EventListener])[] = [];
const listen = window.addEventListener.bind(window);

beforeEach(() => {
  jest.useFakeTimers();
  // A page has one road; those of the tests before must not take the token of this one.
  for (const [type, listener] of listening.splice(0)) window.removeEventListener(type, listener);
  window.addEventListener = ((type: string, listener: EventListener) => {
    listening.push([type, listener]);
    listen(type, listener);
  }) as never;
  FakeSocket.made.length = 0;
  answers = true;
  sessionStorage.clear();
  globalThis.WebSocket = FakeSocket as never;
  window.fetch = (async () => {
    if (!answers) throw new TypeError('failed');
    return {};
  }) as never;
  history.replaceState(null, '', '/');
});
afterEach(() => void jest.useRealTimers());

const latest = (): FakeSocket => FakeSocket.made.at(-1)!;
const openAt = (path: string) => {
  history.replaceState(null, '', path);
  return createWebLink(window);
};

describe('the road to the loopback host', () => {
  it('takes the token out of the address at once and uses it to open', () => {
    const link = openAt(`/#token=${TOKEN}`);
    expect(location.href).not.toContain('token');
    expect(latest().url).toBe(`ws://${location.host}/bridge`);
    expect(latest().protocols).toEqual(['sotto.bridge.1', `sotto.once.${TOKEN}`]);
    expect(link.state.value).toBe('connecting');
    latest().greet();
    expect([link.state.value, link.defaultServer.value, link.unprotected.value]).toEqual([
      'open',
      'https://chat.example.org',
      true,
    ]);
  });

  it('keeps the session of this window alone, for the next load', () => {
    openAt(`/#token=${TOKEN}`);
    latest().greet();
    expect([sessionStorage.length, sessionStorage.getItem('sotto.session')]).toEqual([1, SESSION]);
    expect(localStorage).toHaveLength(0);
    createWebLink(window);
    expect(latest().protocols).toEqual(['sotto.bridge.1', `sotto.session.${SESSION}`]);
  });

  it('is refused without a token, without asking', () => {
    expect(openAt('/').state.value).toBe('refused');
    expect(openAt('/#token=short').state.value).toBe('refused');
    expect(FakeSocket.made).toHaveLength(0);
  });

  it('is refused by a host that answers but does not know the token, and forgets the session', async () => {
    sessionStorage.setItem('sotto.session', SESSION);
    const link = openAt('/');
    latest().close();
    await settle();
    expect(link.state.value).toBe('refused');
    expect(sessionStorage).toHaveLength(0);
  });

  it('heals when the host comes back, less and less impatiently', async () => {
    const link = openAt(`/#token=${TOKEN}`);
    latest().greet();
    answers = false;
    latest().close();
    expect(link.state.value).toBe('broken');
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const before = FakeSocket.made.length;
      let waited = 0;
      while (FakeSocket.made.length === before) {
        jest.advanceTimersByTime(50);
        waited += 50;
      }
      waits.push(waited);
      latest().close();
      await settle();
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    jest.advanceTimersByTime(4_000);
    latest().greet();
    expect(link.state.value).toBe('open');
    // The one-time token is used up: the window proves itself by its session.
    expect(latest().protocols[1]).toBe(`sotto.session.${SESSION}`);
  });

  it('passes calls and events on, over every socket that it takes', async () => {
    const link = openAt(`/#token=${TOKEN}`);
    const events: CoreEvent[] = [];
    link.core.subscribe((event) => events.push(event));
    await expect(link.core.call('getApp', {})).rejects.toBeInstanceOf(BridgeClosedError);
    latest().greet();
    const call = link.core.call('getApp', {});
    expect(JSON.parse(latest().sent[0]!)).toMatchObject({ method: 'getApp', id: 1 });
    latest().say({ jsonrpc: '2.0', id: 1, result: { phase: 'locked' } });
    await expect(call).resolves.toEqual({ phase: 'locked' });
    const lost = link.core.call('listChats', {});
    latest().close();
    await expect(lost).rejects.toBeInstanceOf(BridgeClosedError);
    jest.advanceTimersByTime(250);
    latest().greet();
    latest().say({ jsonrpc: '2.0', method: 'event', params: { type: 'app', app: { phase: 'noAccount' } } });
    expect(events).toEqual([{ type: 'app', app: { phase: 'noAccount' } }]);
  });

  it('does not speak to a host that greets in another way', async () => {
    const link = openAt(`/#token=${TOKEN}`);
    latest().say({ hello: 1 });
    await settle();
    expect(link.state.value).toBe('refused');
    expect(latest().sent).toEqual([]);
  });

  it('opens by a fresh address that is put over the refused page', () => {
    const link = openAt('/');
    history.replaceState(null, '', `/#token=${TOKEN}`);
    window.dispatchEvent(new Event('hashchange'));
    expect(location.hash).toBe('');
    latest().greet();
    expect(link.state.value).toBe('open');
  });
});
