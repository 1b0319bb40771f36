import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { signal } from '@preact/signals';
import type { AppView, ConnectionView } from '@sotto/client/bridge';
import { createConnectionNotice } from './connection-notice.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const OFFLINE: ConnectionView = { state: 'offline', since: 0 as never, retryAt: 1 as never };

const start = (connection: ConnectionView) => {
  const view = (next: ConnectionView): AppView =>
    ({ phase: 'ready', account: {}, connection: next, setAside: 0, expired: 0 }) as never;
  const app = signal<AppView | undefined>(view(connection));
  const notice = createConnectionNotice(app);
  return { app, notice, become: (next: ConnectionView) => (app.value = view(next)) };
};

describe('the connection notice', () => {
  it('waits three seconds before it says anything', () => {
    const { notice, become } = start({ state: 'online' });
    become(OFFLINE);
    jest.advanceTimersByTime(2_999);
    expect(notice.value).toBeUndefined();
    jest.advanceTimersByTime(1);
    expect(notice.value).toBe('offline');
  });

  it('says nothing of a short gap', () => {
    const { notice, become } = start({ state: 'online' });
    become(OFFLINE);
    jest.advanceTimersByTime(2_000);
    become({ state: 'online' });
    jest.advanceTimersByTime(60_000);
    expect(notice.value).toBeUndefined();
  });

  it('counts from the first moment, not from the last try', () => {
    const { notice, become } = start({ state: 'connecting' });
    jest.advanceTimersByTime(2_000);
    become(OFFLINE);
    jest.advanceTimersByTime(1_000);
    expect(notice.value).toBe('offline');
  });

  it('does not flicker through the tries', () => {
    const { notice, become } = start({ state: 'online' });
    const seen = new Set<unknown>();
    become(OFFLINE);
    jest.advanceTimersByTime(3_000);
    notice.subscribe((value) => seen.add(value));
    for (let index = 0; index < 5; index += 1) {
      become({ state: 'connecting' });
      become(OFFLINE);
    }
    expect([...seen]).toEqual(['offline']);
    become({ state: 'online' });
    expect(notice.value).toBeUndefined();
  });

  it('says "connecting" where nothing has failed yet, and "offline" as soon as it has', () => {
    const { notice, become } = start({ state: 'connecting' });
    jest.advanceTimersByTime(3_000);
    expect(notice.value).toBe('connecting');
    become(OFFLINE);
    expect(notice.value).toBe('offline');
  });

  it('tells at once what the person has to act on', () => {
    const { notice, become } = start({ state: 'online' });
    become({ state: 'signedOut' });
    expect(notice.value).toBe('signedOut');
    become({ state: 'unlinked' });
    expect(notice.value).toBe('unlinked');
  });

  it('is silent behind the lock', () => {
    const { app, notice } = start(OFFLINE);
    jest.advanceTimersByTime(3_000);
    app.value = { phase: 'locked' };
    expect(notice.value).toBeUndefined();
    jest.advanceTimersByTime(60_000);
    expect(notice.value).toBeUndefined();
  });
});
