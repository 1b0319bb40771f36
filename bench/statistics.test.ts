import { describe, expect, it } from '@jest/globals';
import { median, percentile, short, table } from './statistics.js';

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it('is the nearest rank, in whatever order the samples come', () => {
    expect([0.5, 0.95, 0.99, 1].map((p) => percentile(hundred, p))).toEqual([50, 95, 99, 100]);
  });

  it('is the one sample that there is', () => {
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('is no number where there are no samples', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('leaves the samples as they are', () => {
    const samples = [3, 1, 2];
    percentile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });
});

it('takes a sample for the median, the lower of two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2);
});

it('writes three digits, and thousands with a comma', () => {
  expect([0.012345, 1.5, 12.349, 123.4, 12_345.6].map(short)).toEqual(['0.0123', '1.5', '12.3', '123', '12,346']);
});

it('writes a Markdown table', () => {
  expect(table(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
});
