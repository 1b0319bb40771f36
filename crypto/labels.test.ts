import { describe, expect, it } from '@jest/globals';
import { LABELS } from './labels.js';

describe('LABELS', () => {
  const labels = Object.values(LABELS);

  it.each(labels)('%s is printable ASCII with a version', (label) => {
    expect(label).toMatch(/^(sotto\/[a-z0-9-]+(\/[a-z0-9-]+)*\/[1-9][0-9]*|slk1(\/[a-z0-9]+)+)$/);
  });

  it('has no label that begins another one, so that no bytes can be read under two of them', () => {
    const clashes = labels.flatMap((left, index) =>
      labels.filter((right, other) => other !== index && right.startsWith(left)).map((right) => [left, right]),
    );
    expect(clashes).toEqual([]);
  });
});
