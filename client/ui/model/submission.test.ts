import { describe, expect, it } from '@jest/globals';
import { BridgeClosedError, BridgeError } from '@sotto/client/bridge';
import { createSubmission } from './submission.js';

describe('a submission', () => {
  it('is busy until it has an answer', async () => {
    const submission = createSubmission();
    const run = submission.run(async () => 'done');
    expect(submission.busy.value).toBe(true);
    expect(await run).toBe('done');
    expect(submission.busy.value).toBe(false);
  });

  it('runs once at a time', async () => {
    const submission = createSubmission();
    let calls = 0;
    const work = async (): Promise<number> => (calls += 1);
    await Promise.all([submission.run(work), submission.run(work)]);
    expect(calls).toBe(1);
  });

  it('keeps a refusal until the next try or until it is forgotten', async () => {
    const submission = createSubmission();
    const refuse = () => Promise.reject(new BridgeError('usernameTaken'));
    expect(await submission.run(refuse)).toBeUndefined();
    expect(submission.failure.value).toEqual({ code: 'usernameTaken', params: {} });
    await submission.run(async () => 1);
    expect(submission.failure.value).toBeUndefined();
    await submission.run(refuse);
    submission.forget();
    expect(submission.failure.value).toBeUndefined();
  });

  it('knows a lost road from a refusal', async () => {
    const submission = createSubmission();
    await submission.run(() => Promise.reject(new BridgeClosedError()));
    expect(submission.failure.value).toBe('detached');
  });

  it('lets bugs through, and is free again', async () => {
    const submission = createSubmission();
    await expect(submission.run(() => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug');
    expect(submission.busy.value).toBe(false);
  });
});
