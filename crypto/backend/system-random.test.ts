import { describe, expect, it } from '@jest/globals';
import { systemRandom } from './system-random.js';

describe('systemRandom', () => {
  it('gives as many bytes as were asked for', () => {
    for (const length of [0, 1, 32, 100_000]) expect(systemRandom.bytes(length)).toHaveLength(length);
  });

  it('gives no bytes twice, and fills all of them', () => {
    const drawn = Array.from({ length: 200 }, () => systemRandom.bytes(32));
    expect(new Set(drawn.map(String)).size).toBe(drawn.length);
    for (let place = 0; place < 32; place += 1)
      expect(new Set(drawn.map((bytes) => bytes[place])).size).toBeGreaterThan(50);
  });
});
