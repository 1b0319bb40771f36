import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createToasts } from './toast.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('a toast goes after five seconds, but not while it is held', () => {
  const toasts = createToasts();
  toasts.show('safety.copied');
  jest.advanceTimersByTime(4_000);
  toasts.hold();
  jest.advanceTimersByTime(60_000);
  expect(toasts.current.value).toBe('safety.copied');
  toasts.release();
  jest.advanceTimersByTime(4_999);
  expect(toasts.current.value).toBe('safety.copied');
  jest.advanceTimersByTime(1);
  expect(toasts.current.value).toBeUndefined();
});

it('a second toast takes the place of the first, for its own five seconds', () => {
  const toasts = createToasts();
  toasts.show('safety.copied');
  jest.advanceTimersByTime(3_000);
  toasts.show('passphrase.saved');
  jest.advanceTimersByTime(4_000);
  expect(toasts.current.value).toBe('passphrase.saved');
});
