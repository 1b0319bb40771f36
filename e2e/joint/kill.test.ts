/**
 * The joint of libsignal's asynchronous stores and SQLite's synchronous transactions, under SIGKILL of a real process
 * (docs/adr/0005). At full count every kind of point is hit 20 times:
 * `SOTTO_TEST_SCALE=1 npx jest --selectProjects e2e --testPathPatterns e2e/joint/kill`.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KillPoint } from '../harness/kill-point.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';
import { KillRun } from './testing/kill-run.js';
import { counted, random } from './testing/scale.js';

const KILLS = counted(20);
const TIMEOUT_MS = 60_000 + KILLS * 30_000;

/** Where a process dies, and how often each point comes up in one run at most. */
const POINTS = {
  'before a message is decrypted': [['state.read', 40]],
  'after it has been decrypted, before its commit': [['content.decoded', 10]],
  'inside the commit': [
    ['commit.begun', 4],
    ['commit.changed', 4],
    ['commit.effects', 4],
  ],
  'after the commit, before it is acknowledged': [['commit.done', 4]],
  'after it has been acknowledged': [['acknowledged', 2]],
} as const satisfies Record<string, readonly (readonly [event: string, most: number])[]>;

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

describe('a receiving process that is killed', () => {
  it.each(Object.entries(POINTS))(
    `${String(KILLS)} times %s loses nothing, stores nothing twice and answers everything once`,
    async (_, points) => {
      const run = new KillRun(join(folder.path, 'state.db'), 4);
      for (let person = 0; person < 3; person += 1) await run.join();
      let kills = 0;
      for (let attempt = 0; kills < KILLS; attempt += 1) {
        expect(attempt).toBeLessThan(KILLS * 4);
        if (random(3) === 0) await run.join();
        for (let round = 0; round < 3; round += 1) await run.writeAll();
        const [event, most] = points[random(points.length)] ?? points[0];
        const killAt: KillPoint = { event, occurrence: 1 + random(most) };
        if ((await run.run(killAt)) === 'killed') kills += 1;
      }
      await expect(run.run()).resolves.toBe('stopped');
      expect(run.faults()).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
