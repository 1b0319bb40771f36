/**
 * The relays that Sotto is measured against, as a process of their own: `baseline-relay.js bare`; `baseline-relay.js minimal URL`, which
 * commits each envelope on its own before it says "accepted"; `baseline-relay.js grouped URL`, which commits together what has gathered.
 */
import { WebSocketServer, type WebSocket } from 'ws';
import { BASELINE, frameOf, ID_OFFSET, PAYLOAD_OFFSET } from './baseline-wire.js';
import { grouped, openStore, type EnvelopeStore } from './envelope-stores.js';

const [, , variant, url] = process.argv;
const opened: EnvelopeStore | undefined = url === undefined ? undefined : await openStore(url);
const store = opened !== undefined && variant === 'grouped' ? grouped(opened) : opened;

const sockets = new Map<string, WebSocket>();
const toRemove: Buffer[] = [];
let removing = false;

// Acknowledged ids are deleted in whatever has gathered while the last deletion ran: the relay is minimal, not wasteful.
const removeGathered = async (): Promise<void> => {
  if (removing || store === undefined) return;
  removing = true;
  while (toRemove.length > 0) {
    const ids = toRemove.splice(0, 500);
    await store.remove(ids);
  }
  removing = false;
};

const relay = async (from: WebSocket, frame: Buffer): Promise<void> => {
  const recipient = frame.subarray(1, ID_OFFSET);
  const id = frame.subarray(ID_OFFSET, PAYLOAD_OFFSET);
  const payload = frame.subarray(PAYLOAD_OFFSET);
  await store?.put([{ id, recipient, payload }]);
  from.send(frameOf(BASELINE.accepted, id));
  sockets.get(recipient.toString('latin1'))?.send(frameOf(BASELINE.deliver, id, payload));
};

/** What waits comes after the answer to the hello; who is connected hears what is new at once, and may hear some of it twice. */
const welcome = async (socket: WebSocket, name: Buffer): Promise<void> => {
  const waiting = (await store?.waiting(name)) ?? [];
  sockets.set(name.toString('latin1'), socket);
  socket.send(frameOf(BASELINE.hello));
  for (const { id, payload } of waiting) socket.send(frameOf(BASELINE.deliver, id, payload));
};

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: 262_144 });
server.on('connection', (socket) => {
  socket.on('close', () => {
    for (const [name, known] of sockets) if (known === socket) sockets.delete(name);
  });
  socket.on('message', (data: Buffer) => {
    const kind = data[0] ?? 0;
    switch (kind) {
      case BASELINE.hello:
        void welcome(socket, Buffer.from(data.subarray(1, ID_OFFSET)));
        return;
      case BASELINE.message:
        void relay(socket, data);
        return;
      case BASELINE.acknowledge:
        if (store !== undefined) toRemove.push(data.subarray(1, 17));
        void removeGathered();
        return;
      default:
        socket.close();
    }
  });
});
server.on('listening', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    process.stdout.write(`listening ws://127.0.0.1:${String(address.port)}\n`);
  }
});
