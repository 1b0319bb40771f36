import type { Answer, FrameSocket } from './frame-socket.js';
import { boundedRetryAfter } from './rest-client.js';
import type { Away, Refused, SendResult } from './types.js';

export const unreachable: Away = { outcome: 'away', reason: 'unreachable' };

export const refusedBy = (failure: Extract<Answer, { type: 'failure' }>): Refused => ({
  outcome: 'refused',
  code: failure.code,
  retryAfterMs: boundedRetryAfter(failure.retryAfterMs),
});

/** Ends a socket that answers one request with the answer to another: nothing else that it says can be believed. */
export const notAnAnswer = (socket: FrameSocket): Away => {
  socket.close('protocol');
  return { outcome: 'away', reason: 'notSotto' };
};

/** What an answer to `Send` means; `undefined` is a socket that ended before it. */
export const readSendAnswer = (socket: FrameSocket, answer: Answer | undefined): SendResult => {
  switch (answer?.type) {
    case undefined:
      return unreachable;
    case 'accepted':
      return { outcome: 'accepted', serverTime: answer.serverTime };
    case 'mismatchedDevices':
      return { outcome: 'mismatched', missing: answer.missing, extra: answer.extra, stale: answer.stale };
    case 'failure':
      return refusedBy(answer);
    case 'authenticated':
    case 'acknowledged':
      return notAnAnswer(socket);
  }
};
