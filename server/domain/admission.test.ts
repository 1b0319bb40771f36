import { describe, expect, it } from '@jest/globals';
import { Admission } from './admission.js';

const held = () => {
  let release = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { until, release };
};

describe('Admission', () => {
  it('runs so many at once, lets so many wait, and turns the rest away without starting it', async () => {
    const admission = new Admission(2, 1);
    const gate = held();
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.until;
      running -= 1;
      return 'done' as const;
    };
    const results = [admission.run(work), admission.run(work), admission.run(work), admission.run(work)];
    expect(await results[3]).toBe('turnedAway');
    gate.release();
    expect(await Promise.all(results.slice(0, 3))).toEqual(['done', 'done', 'done']);
    expect(most).toBe(2);
  });

  it('gives a place back after a failure', async () => {
    const admission = new Admission(1, 0);
    await expect(admission.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await admission.run(async () => 'ran')).toBe('ran');
  });

  it('serves those who wait in the order in which they came', async () => {
    const admission = new Admission(1, 10);
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((number) => admission.run(async () => order.push(number))));
    expect(order).toEqual([1, 2, 3, 4]);
  });
});
