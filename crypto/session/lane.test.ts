import { describe, expect, it } from '@jest/globals';
import { Lane } from './lane.js';

const ticks = async (count: number) => {
  for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
};

describe('a lane', () => {
  it('runs one at a time, in order of arrival', async () => {
    const lane = new Lane();
    const log: string[] = [];
    const work = (name: string, length: number) =>
      lane.run(async () => {
        log.push(`${name} begins`);
        await ticks(length);
        log.push(`${name} ends`);
        return name;
      });
    await expect(Promise.all([work('a', 9), work('b', 1), work('c', 0)])).resolves.toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('goes on after a failure, which only its own caller sees', async () => {
    const lane = new Lane();
    const failing = lane.run(async () => {
      throw new Error('mine');
    });
    const next = lane.run(async () => 'next');
    await expect(failing).rejects.toThrow('mine');
    await expect(next).resolves.toBe('next');
  });

  it.each([
    ['', (lane: Lane) => void lane.run(async () => undefined)],
    [
      ', even if it looks away',
      (lane: Lane) => {
        const looking = async () => lane.run(async () => undefined);
        looking().catch(() => undefined);
      },
    ],
  ])('throws where one of its callbacks asks for it again%s', async (_, reenter) => {
    const lane = new Lane();
    const reentering = lane.run(async () => lane.callback(() => reenter(lane)));
    await expect(reentering).rejects.toThrow('asked for the lane');
    await expect(lane.run(async () => 'open again')).resolves.toBe('open again');
  });

  it('may be asked for again while it is held, by others than its callbacks', async () => {
    const lane = new Lane();
    const held = lane.run(async () => {
      lane.callback(() => undefined);
      await ticks(3);
    });
    const waiting = lane.run(async () => 'after');
    await held;
    await expect(waiting).resolves.toBe('after');
  });
});
