import type { SendResult } from '../net/types.js';

/** Sends of one chat that are under way at once. */
const IN_FLIGHT_MOST = 16;

export interface RefusedSend<Job> {
  readonly job: Job;
  readonly result: Exclude<SendResult, { readonly outcome: 'accepted' }>;
}

interface SendSteps<Job> {
  readonly send: (job: Job) => Promise<SendResult>;
  readonly accepted: (job: Job) => void;
}

/**
 * Sends jobs in their order until one is refused, and returns that one. The first shows whether the recipient takes anything
 * at all; the others follow without waiting for each other's answers, because the server takes what comes over one socket in
 * the order in which it comes. What was under way when one was refused is waited for: its answer counts.
 */
export const sendInOrder = async <Job>(
  jobs: readonly Job[],
  { send, accepted }: SendSteps<Job>,
): Promise<RefusedSend<Job> | undefined> => {
  const waiting = [...jobs];
  const underWay: { readonly job: Job; readonly answer: Promise<SendResult> }[] = [];
  let refused: RefusedSend<Job> | undefined;
  let width = 1;
  for (;;) {
    while (refused === undefined && underWay.length < width) {
      const job = waiting.shift();
      if (job === undefined) break;
      const answer = send(job);
      // An error is met where its turn comes; until then nobody else is to complain of it.
      answer.catch(() => undefined);
      underWay.push({ job, answer });
    }
    const oldest = underWay.shift();
    if (oldest === undefined) return refused;
    const result = await oldest.answer;
    if (result.outcome === 'accepted') accepted(oldest.job);
    else refused ??= { job: oldest.job, result };
    width = IN_FLIGHT_MOST;
  }
};
