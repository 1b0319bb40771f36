import { once } from 'node:events';
import {
  decodeServerFrame,
  encodeClientFrame,
  SOCKETS,
  type ClientFrameBody,
  type ReceivedServerFrame,
} from '@sotto/protocol/wire';
import { WebSocket } from 'ws';
import { startBenchServer, type BenchServerOptions } from '../server.js';
import { newEnvelopeId, registerLoadUsers, type LoadUser } from './sotto-registration.js';
import type { Peer, Target } from './target.js';

interface OpenSocket {
  request(body: ClientFrameBody): Promise<ReceivedServerFrame['body']>;
  /** Without an answer. */
  tell(body: ClientFrameBody): void;
  close(): void;
}

const openSocket = async (
  url: string,
  onFrame: (socket: OpenSocket, body: ReceivedServerFrame['body']) => void,
): Promise<OpenSocket> => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const waiting = new Map<number, (body: ReceivedServerFrame['body']) => void>();
  let lastId = 0;
  const opened: OpenSocket = {
    request: (body) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        socket.send(encodeClientFrame({ requestId: lastId, body }));
      }),
    tell: (body) => {
      socket.send(encodeClientFrame({ requestId: 0, body }));
    },
    close: () => {
      socket.close();
    },
  };
  socket.on('message', (data: Buffer) => {
    const { requestId, body } = decodeServerFrame(data);
    if (requestId === 0) onFrame(opened, body);
    else {
      waiting.get(requestId)?.(body);
      waiting.delete(requestId);
    }
  });
  await once(socket, 'open');
  return opened;
};

const connectUser = async (
  address: string,
  users: readonly LoadUser[],
  index: number,
  onPayload: (payload: Buffer) => void,
): Promise<Peer> => {
  const user = users[index];
  if (user === undefined) throw new Error(`there is no user ${String(index)}`);
  const socket = await openSocket(address.replace('http', 'ws') + SOCKETS.authenticated, (opened, body) => {
    if (body.type !== 'deliver') return;
    for (const { ciphertext } of body.envelopes) onPayload(Buffer.from(ciphertext.buffer));
    opened.tell({ type: 'acknowledge', envelopeIds: body.envelopes.map(({ envelopeId }) => envelopeId) });
  });
  const authenticated = await socket.request({ type: 'authenticate', accessToken: user.accessToken });
  if (authenticated.type !== 'authenticated') throw new Error(`not authenticated: ${JSON.stringify(authenticated)}`);
  return {
    send: async (to, payload) => {
      const recipient = users[to];
      if (recipient === undefined) throw new Error(`there is no user ${String(to)}`);
      const answer = await socket.request({
        type: 'send',
        recipient: recipient.accountId,
        accessKey: undefined,
        envelopes: [
          {
            deviceId: recipient.deviceId,
            registrationId: recipient.registrationId,
            envelopeId: newEnvelopeId(),
            ciphertext: new Uint8Array(payload),
          },
        ],
      });
      if (answer.type !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    },
    close: () => {
      socket.close();
    },
  };
};

export interface SottoOptions extends BenchServerOptions {
  readonly name: string;
  readonly databasePids?: readonly number[];
  /** Further processes over the same database; users are spread over all of them. */
  readonly others?: readonly BenchServerOptions[];
}

/** The real server under load. */
export const startSotto = async (options: SottoOptions): Promise<Target> => {
  const started = await startBenchServer(options);
  const others: Awaited<ReturnType<typeof startBenchServer>>[] = [];
  for (const other of options.others ?? []) others.push(await startBenchServer(other));
  const { address } = started;
  const addresses = [address, ...others.map((other) => other.address)];
  const addressOf = (index: number): string => addresses[index % addresses.length] ?? address;
  const users: LoadUser[] = [];
  const enroll = (count: number): Promise<void> => registerLoadUsers(address, users, count);
  return {
    name: options.name,
    pids: [started.pid, ...others.map(({ pid }) => pid), ...(options.databasePids ?? [])],
    relayPid: started.pid,
    storesForAbsent: true,
    connectOne: (index, onPayload) => connectUser(addressOf(index), users, index, onPayload),
    connect: async (count, onPayload) => {
      await enroll(count);
      return Promise.all(
        Array.from({ length: count }, (_, index) => connectUser(addressOf(index), users, index, onPayload)),
      );
    },
    prepareIdle: (connections) => enroll(Math.ceil(connections / SOCKETS_PER_DEVICE)),
    connectIdle: async (count) => {
      const peers: Peer[] = [];
      for (let index = 0; index < count; index += 1) {
        peers.push(await connectUser(address, users, Math.floor(index / SOCKETS_PER_DEVICE), () => undefined));
      }
      return () => {
        for (const peer of peers) peer.close();
      };
    },
    stop: async () => {
      for (const other of others) await other.stop();
      await started.stop();
    },
  };
};

/** The server keeps at most this many sockets a device. */
const SOCKETS_PER_DEVICE = 5;
