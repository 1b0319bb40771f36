import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands before a server and holds every byte up, in both directions. */
export interface DelayProxy {
  readonly address: string;
  stop(): Promise<void>;
}

/** Equal delays keep their order: Node runs timers of one length in the order in which they were set. */
const passLate = (from: Socket, to: Socket, delayMs: number): void => {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
};

/** @param oneWayMs - half of the round trip that everybody behind it sees */
export const startDelayProxy = async (server: string, oneWayMs: number): Promise<DelayProxy> => {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    passLate(near, far, oneWayMs);
    passLate(far, near, oneWayMs);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const own = proxy.address();
  if (own === null || typeof own === 'string') throw new Error('the proxy has no port');
  return {
    address: `http://127.0.0.1:${String(own.port)}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
};
