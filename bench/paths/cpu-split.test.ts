import { expect, it } from '@jest/globals';
import { CpuSplit, processCpu } from './cpu-split.js';

const classes: Readonly<Record<string, 'work' | 'network'>> = { seal: 'work', record: 'work', send: 'network' };

const splitOver = (points: readonly (readonly [string, number])[]) => {
  let now = 0;
  const split = new CpuSplit(
    (point) => classes[point],
    () => now,
  );
  for (const [point, at] of points) {
    now = at;
    split.mark(point);
  }
  return split;
};

it('gives what lies between two points to the first of them', () => {
  const split = splitOver([
    ['seal', 5],
    ['send', 15],
    ['send', 18],
    ['record', 20],
    ['seal', 24],
    ['send', 30],
  ]);
  expect(Object.fromEntries(split.take())).toEqual({ work: 20, network: 5 });
});

it('is not interrupted by points without a class', () => {
  const split = splitOver([
    ['connection', 1],
    ['seal', 5],
    ['connection', 7],
    ['send', 15],
  ]);
  expect(Object.fromEntries(split.take())).toEqual({ work: 10 });
});

it('starts anew after it was read', () => {
  const split = splitOver([
    ['seal', 5],
    ['send', 15],
  ]);
  split.take();
  split.mark('send');
  expect(split.take().size).toBe(0);
});

it('reads the CPU of this process, which only grows', () => {
  const before = processCpu();
  let sum = 0;
  while (processCpu() === before) sum += 1;
  expect(sum).toBeGreaterThanOrEqual(0);
  expect(processCpu()).toBeGreaterThan(before);
});
