import { describe, expect, it } from '@jest/globals';
import { GroupCommit, type GroupCommitBounds } from './group-commit.js';

const BOUNDS: GroupCommitBounds = {
  mostItems: 4,
  mostBytes: 100,
  mostWaitingItems: 6,
  mostWaitingBytes: 1_000,
};

/** A group commit whose commits end when the test says so. */
const controlled = (bounds: Partial<GroupCommitBounds> = {}) => {
  const batches: number[][] = [];
  const endings: { readonly succeed: () => void; readonly fail: (error: Error) => void }[] = [];
  const group = new GroupCommit<number, string>(
    { ...BOUNDS, ...bounds },
    (items) =>
      new Promise((resolve, reject) => {
        batches.push([...items]);
        endings.push({ succeed: () => resolve(items.map((item) => `stored ${item}`)), fail: reject });
      }),
  );
  const submit = async (item: number, bytes = 1) => {
    const result = group.submit(item, bytes);
    return result === 'full' ? result : await result;
  };
  const committing = async (count: number) => {
    while (endings.length < count) await new Promise((resolve) => setImmediate(resolve));
    return endings[count - 1]!;
  };
  return { group, submit, batches, committing };
};

describe('GroupCommit', () => {
  it('commits what came together in one batch, and what came meanwhile in the next', async () => {
    const { submit, batches, committing } = controlled();
    const first = [submit(1, 1), submit(2, 1)];
    const commit = await committing(1);
    const second = [submit(3, 1), submit(4, 1)];
    expect(batches).toEqual([[1, 2]]);
    commit.succeed();
    (await committing(2)).succeed();
    expect(await Promise.all([...first, ...second])).toEqual(['stored 1', 'stored 2', 'stored 3', 'stored 4']);
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('waits for company where its bounds say so', async () => {
    const { submit, batches, committing } = controlled({ gatherMs: 30 });
    const first = submit(1);
    // Later than any turn of the event loop, and well within the time.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = submit(2);
    (await committing(1)).succeed();
    expect(await Promise.all([first, second])).toEqual(['stored 1', 'stored 2']);
    expect(batches).toEqual([[1, 2]]);
  });

  it('waits for nobody once a batch is whole', async () => {
    const { submit, batches, committing } = controlled({ mostItems: 2, gatherMs: 400 });
    const results = [1, 2, 3, 4, 5, 6].map((item) => submit(item));
    const first = await committing(1);
    let hasWaited = false;
    const wait = setTimeout(() => (hasWaited = true), 300);
    first.succeed();
    (await committing(2)).succeed();
    (await committing(3)).succeed();
    expect(await Promise.all(results)).toHaveLength(6);
    clearTimeout(wait);
    expect([hasWaited, batches]).toEqual([
      false,
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]);
  });

  it('never runs two commits at once', async () => {
    let running = 0;
    let most = 0;
    const group = new GroupCommit<number, number>(BOUNDS, async (items) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return items;
    });
    for (let index = 0; index < 50; index += 1) {
      void group.submit(index, 1);
      if (index % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await group.drained();
    expect(most).toBe(1);
  });

  it('bounds a batch by items and by bytes, and takes one that is larger alone', async () => {
    const { submit, batches, committing } = controlled();
    const results = [submit(1, 60), submit(2, 60), submit(3, 500), submit(4, 1), submit(5, 1)];
    for (let count = 1; count <= 4; count += 1) (await committing(count)).succeed();
    await Promise.all(results);
    expect(batches).toEqual([[1], [2], [3], [4, 5]]);
  });

  it('refuses at once what it could not keep, and keeps none of it', async () => {
    const { group, submit, batches, committing } = controlled({ mostWaitingBytes: 10 });
    const kept = Array.from({ length: 6 }, (_, index) => submit(index));
    expect(group.submit(6, 1)).toBe('full');
    (await committing(1)).succeed();
    expect(group.submit(7, 9)).toBe('full');
    (await committing(2)).succeed();
    await Promise.all(kept);
    expect(batches.flat()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(group.submit(8, 9)).not.toBe('full');
    (await committing(3)).succeed();
    await group.drained();
  });

  it('tells everybody in a batch of its failure, and goes on', async () => {
    const { group, submit, committing } = controlled();
    const failed = [submit(1, 1), submit(2, 1)];
    const outcomes = Promise.allSettled(failed);
    (await committing(1)).fail(new Error('disk full'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = group.submit(3, 1);
    (await committing(2)).succeed();
    expect(await next).toBe('stored 3');
  });

  it('rejects rather than leave an item without a result', async () => {
    const group = new GroupCommit<number, string>(BOUNDS, async () => ['only one']);
    const [first, second] = [group.submit(1, 1), group.submit(2, 1)];
    await expect(second).rejects.toThrow('fewer results');
    expect(await first).toBe('only one');
  });

  it('is drained only when nothing waits', async () => {
    const { group, committing } = controlled();
    const result = group.submit(1, 1);
    let isDrained = false;
    const drained = group.drained().then(() => {
      isDrained = true;
    });
    const commit = await committing(1);
    expect(isDrained).toBe(false);
    commit.succeed();
    await drained;
    expect(await result).toBe('stored 1');
    await group.drained();
  });
});
