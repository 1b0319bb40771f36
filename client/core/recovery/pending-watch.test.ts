import { describe, expect, it } from '@jest/globals';
import { BridgeError, type PendingRecoveryView } from '@sotto/client/bridge';
import { parseUnixMs } from '@sotto/protocol/ids';
import type { NoticeTopic } from '@sotto/protocol/wire';
import type { ConnectionState } from '../net/types.js';
import { PendingWatch } from './pending-watch.js';

const UNTIL = parseUnixMs(1_800_000_000_000)!;
const HELD: PendingRecoveryView = { id: 'one', kind: 'recovery', until: UNTIL, canVeto: true };

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A connection whose notices and states the test gives, and a server whose answers it gives. */
const watched = () => {
  let notice: (topic: NoticeTopic) => void = () => undefined;
  let state: (state: ConnectionState) => void = () => undefined;
  const told: (readonly PendingRecoveryView[])[] = [];
  const answers: (() => Promise<readonly PendingRecoveryView[]>)[] = [];
  const logged: string[] = [];
  const watch = new PendingWatch({
    connection: {
      onNotice: (listener) => {
        notice = listener;
        return () => (notice = () => undefined);
      },
      onState: (listener) => {
        state = listener;
        return () => (state = () => undefined);
      },
    },
    pending: () => answers.shift()?.() ?? Promise.resolve([]),
    emit: (pending) => told.push(pending),
    log: (event) => logged.push(event),
  });
  watch.start();
  return {
    watch,
    told,
    answers,
    logged,
    notice: (topic: NoticeTopic) => notice(topic),
    online: () => state({ state: 'online' }),
  };
};

describe('what waits to change the account', () => {
  it('is told once, when the server says so or a connection is there', async () => {
    const { told, answers, notice, online } = watched();
    answers.push(...[1, 2].map(() => () => Promise.resolve([HELD])));
    online();
    await settled();
    notice('deviceList');
    notice('recovery');
    await settled();
    expect(told).toEqual([[HELD]]);
    notice('recovery');
    await settled();
    expect(told).toEqual([[HELD], []]);
  });

  it('is asked for once more where something came while it was asked for', async () => {
    const { told, answers, notice } = watched();
    let answer: (pending: readonly PendingRecoveryView[]) => void = () => undefined;
    answers.push(
      () => new Promise((resolve) => (answer = resolve)),
      () => Promise.resolve([HELD]),
    );
    notice('recovery');
    notice('recovery');
    answer([]);
    await settled();
    expect(told).toEqual([[HELD]]);
  });

  it('is asked for at the next connection where the server did not answer, and by nobody once it has stopped', async () => {
    const { watch, told, answers, logged, online } = watched();
    answers.push(
      () => Promise.reject(new BridgeError('serverAway')),
      () => Promise.resolve([HELD]),
    );
    online();
    await settled();
    expect([told, logged]).toEqual([[], ['failed']]);
    online();
    watch.stop();
    await settled();
    expect(told).toEqual([]);
  });
});
