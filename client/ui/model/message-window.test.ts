import { describe, expect, it } from '@jest/globals';
import { followWindow, moveWindow, windowAround, windowAtEnd, WINDOW_SIZE } from './message-window.js';

describe('the message window', () => {
  it('shows everything while there is little', () => {
    expect(windowAtEnd(10)).toEqual({ from: 0, to: 10 });
    expect(windowAround(3, 10)).toEqual({ from: 0, to: 10 });
    expect(windowAtEnd(0)).toEqual({ from: 0, to: 0 });
  });

  it('never holds more than its size, and stays within the list', () => {
    for (const index of [0, 5, 500, 999])
      expect(windowAround(index, 1_000)).toMatchObject({
        from: Math.max(0, Math.min(index - WINDOW_SIZE / 2, 1_000 - WINDOW_SIZE)),
        to: Math.max(WINDOW_SIZE, Math.min(index + WINDOW_SIZE / 2, 1_000)),
      });
  });

  it('walks from one end to the other with overlap, and rests there as the same window', () => {
    let window = windowAtEnd(1_000);
    let steps = 0;
    while (window.from > 0) {
      const next = moveWindow(window, 'older', 1_000);
      expect(next.to).toBeGreaterThan(window.from);
      window = next;
      steps += 1;
    }
    expect(steps).toBeGreaterThan(5);
    expect(moveWindow(window, 'older', 1_000)).toBe(window);
    while (window.to < 1_000) window = moveWindow(window, 'newer', 1_000);
    expect(moveWindow(window, 'newer', 1_000)).toBe(window);
  });

  it('follows its first message, and goes to the end when that is gone', () => {
    expect(followWindow(300, 1_000)).toEqual({ from: 300, to: 300 + WINDOW_SIZE });
    expect(followWindow(-1, 1_000)).toEqual(windowAtEnd(1_000));
  });
});
