import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { startProcess } from '@sotto/e2e/harness';
import { BASELINE, frameOf, ID_OFFSET, nameOf } from './baseline-wire.js';
import type { Peer, Target } from './target.js';

const PROGRAM = fileURLToPath(new URL('baseline-relay.js', import.meta.url));

const connectOne = async (address: string, index: number, onPayload: (payload: Buffer) => void): Promise<Peer> => {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  const accepted = new Map<string, () => void>();
  await once(socket, 'open');
  let isWelcome = false;
  const welcomed = once(socket, 'message');
  socket.on('message', (data: Buffer) => {
    if (!isWelcome) {
      isWelcome = true;
      return;
    }
    const id = data.subarray(1, 17);
    if (data[0] === BASELINE.accepted) {
      const key = id.toString('latin1');
      accepted.get(key)?.();
      accepted.delete(key);
    } else {
      onPayload(data.subarray(ID_OFFSET));
      socket.send(frameOf(BASELINE.acknowledge, id));
    }
  });
  socket.send(frameOf(BASELINE.hello, nameOf(index)));
  await welcomed;
  return {
    send: (to, payload) =>
      new Promise((resolve) => {
        const id = randomBytes(16);
        accepted.set(id.toString('latin1'), resolve);
        socket.send(frameOf(BASELINE.message, nameOf(to), id, payload));
      }),
    close: () => {
      socket.close();
    },
  };
};

export interface BaselineOptions {
  readonly name: string;
  /** Absent: the bare relay, which stores nothing. */
  readonly databaseUrl?: string;
  /** Commits together what has gathered. */
  readonly isGrouped?: boolean;
  readonly databasePids?: readonly number[];
}

/** Starts a baseline relay as a process of its own. */
export const startBaseline = async (options: BaselineOptions): Promise<Target> => {
  const started = await startProcess({
    file: process.execPath,
    args:
      options.databaseUrl === undefined
        ? [PROGRAM, 'bare']
        : [PROGRAM, options.isGrouped === true ? 'grouped' : 'minimal', options.databaseUrl],
    ready: /^listening (ws:\S+)/,
  });
  const address = started.ready[1] ?? '';
  return {
    name: options.name,
    pids: [started.pid, ...(options.databasePids ?? [])],
    relayPid: started.pid,
    storesForAbsent: options.databaseUrl !== undefined,
    connect: (count, onPayload) =>
      Promise.all(Array.from({ length: count }, (_, index) => connectOne(address, index, onPayload))),
    connectOne: (index, onPayload) => connectOne(address, index, onPayload),
    prepareIdle: async () => undefined,
    connectIdle: async (count) => {
      const peers: Peer[] = [];
      for (let index = 0; index < count; index += 1) peers.push(await connectOne(address, index, () => undefined));
      return () => {
        for (const peer of peers) peer.close();
      };
    },
    stop: () => started.stop(),
  };
};
