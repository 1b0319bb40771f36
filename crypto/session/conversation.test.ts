import { describe, expect, it } from '@jest/globals';
import { ConversationModel } from '../testing/conversation-model.js';
import { counted, LONG_TEST_MS, TEST_SEED } from '../testing/scale.js';
import { SeededChoice } from '../testing/seeded-choice.js';

/**
 * All 10,000 operations: `SOTTO_TEST_SCALE=1 npx jest --selectProjects crypto --testPathPatterns session/conversation`,
 * another sequence by `SOTTO_TEST_SEED`.
 */
const OPERATIONS = Math.max(1_000, counted(10_000));

describe('random operations', () => {
  it(
    `lose nothing, open nothing twice and use no key twice (${OPERATIONS} operations, seed ${TEST_SEED})`,
    async () => {
      const model = new ConversationModel(new SeededChoice(TEST_SEED), 3);
      for (let operation = 0; operation < OPERATIONS; operation += 1) await model.step();
      await model.settle();
      expect(model.faults()).toEqual([]);
      // A run in which nothing went wrong would show nothing.
      for (const [event, count] of Object.entries(model.counts)) {
        expect([event, count > 0]).toEqual([event, true]);
      }
    },
    LONG_TEST_MS,
  );
});
