import { describe, expect, it } from '@jest/globals';
import type { SendResult } from '../net/types.js';
import { at } from '../testing/known-values.js';
import { sendInOrder } from './send-in-order.js';

const ACCEPTED: SendResult = { outcome: 'accepted', serverTime: at(1) };
const REFUSED: SendResult = { outcome: 'refused', code: 'serverBusy', retryAfterMs: 0 };

/** Sends whose answers a test gives one by one. */
const controlled = () => {
  const begun: number[] = [];
  const accepted: number[] = [];
  const answers = new Map<number, { give: (result: SendResult) => void; fail: (error: Error) => void }>();
  return {
    begun,
    accepted,
    steps: {
      send: (job: number) => {
        begun.push(job);
        return new Promise<SendResult>((give, fail) => {
          answers.set(job, { give, fail });
        });
      },
      accepted: (job: number) => {
        accepted.push(job);
      },
    },
    answer: async (job: number, result: SendResult) => {
      answers.get(job)?.give(result);
      await new Promise((resolve) => setImmediate(resolve));
    },
    fail: async (job: number) => {
      answers.get(job)?.fail(new Error(`fault at ${job}`));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};
const jobs = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('sending in order', () => {
  it('waits for the first answer, then keeps a bounded number under way', async () => {
    const { steps, begun, accepted, answer } = controlled();
    const done = sendInOrder(jobs(40), steps);
    expect(begun).toEqual([0]);
    await answer(0, ACCEPTED);
    expect(begun).toEqual(jobs(17));
    await answer(1, ACCEPTED);
    expect(begun).toEqual(jobs(18));
    for (let job = 2; job < 40; job += 1) await answer(job, ACCEPTED);
    expect(await done).toBeUndefined();
    expect(accepted).toEqual(jobs(40));
    expect(begun).toEqual(jobs(40));
  });

  it('begins nothing after a refusal, and hears what was under way to its end', async () => {
    const { steps, begun, accepted, answer } = controlled();
    const done = sendInOrder(jobs(40), steps);
    await answer(0, ACCEPTED);
    const underWay = [...begun];
    // Answers may overtake each other; they count in order.
    await answer(3, ACCEPTED);
    await answer(2, REFUSED);
    await answer(1, ACCEPTED);
    expect(begun).toEqual([...underWay, 17]);
    for (let job = 4; job <= 17; job += 1) await answer(job, ACCEPTED);
    expect(await done).toEqual({ job: 2, result: REFUSED });
    expect(accepted).toEqual(jobs(18).filter((job) => job !== 2));
    expect(begun).toHaveLength(18);
  });

  it('gives the first of several refusals', async () => {
    const { steps, answer } = controlled();
    const done = sendInOrder(jobs(3), steps);
    await answer(0, ACCEPTED);
    await answer(1, REFUSED);
    await answer(2, { outcome: 'away', reason: 'unreachable' });
    expect(await done).toEqual({ job: 1, result: REFUSED });
  });

  it('sends only the first to somebody who takes nothing', async () => {
    const { steps, begun, answer } = controlled();
    const done = sendInOrder(jobs(10), steps);
    await answer(0, REFUSED);
    expect(await done).toEqual({ job: 0, result: REFUSED });
    expect(begun).toEqual([0]);
  });

  it('passes a fault on, whichever of those under way had it', async () => {
    const { steps, accepted, answer, fail } = controlled();
    const done = sendInOrder(jobs(5), steps);
    const fault = expect(done).rejects.toThrow('fault at 3');
    await answer(0, ACCEPTED);
    await fail(3);
    await answer(1, ACCEPTED);
    await answer(2, ACCEPTED);
    await fault;
    expect(accepted).toEqual([0, 1, 2]);
  });

  it('does nothing with nothing', async () => {
    expect(await sendInOrder([], controlled().steps)).toBeUndefined();
  });
});
