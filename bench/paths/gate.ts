import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut and mended, as networks are. */
export interface Gate {
  readonly address: string;
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

const join = (near: Socket, far: Socket): void => {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
};

/** Hands on whatever comes to the server at `address`; while it is cut, nothing. */
export const openGate = async (address: string): Promise<Gate> => {
  const { hostname, port } = new URL(address);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    sockets.add(near);
    near.once('close', () => sockets.delete(near));
    join(near, connect(Number(port), hostname));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = server.address();
  if (own === null || typeof own === 'string') throw new Error('the gate has no port');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `http://127.0.0.1:${String(own.port)}`,
    cut,
    mend: () => {
      isCut = false;
    },
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
