import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { SOCKETS } from '@sotto/protocol/wire';

/** A request that was made with an access token. */
export interface Tapped {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly token: string;
}

/** A reverse proxy before the server, as a host may have one; it keeps what devices send with their tokens. */
export interface Wiretap {
  readonly address: string;
  readonly requests: readonly Tapped[];
  /** From now on the device whose socket was opened last hears nothing on it, not even that it was closed. */
  deafen(): void;
  /** Closes the sockets that were deafened. */
  release(): void;
  stop(): Promise<void>;
}

const BEARER = /^Bearer (.+)$/;

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export const startWiretap = async (server: string): Promise<Wiretap> => {
  const { hostname, port } = new URL(server);
  const requests: Tapped[] = [];
  const sockets = new Set<Duplex>();
  const deaf = new Set<Duplex>();
  let latest: { readonly near: Duplex; readonly far: Socket } | undefined;

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await bodyOf(incoming);
    const token = BEARER.exec(headers.authorization ?? '')?.[1];
    if (token !== undefined) requests.push({ method, path, headers, body, token });
    const forwarded = request(server + path, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    forwarded.end(body);
  };

  const proxy = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const join = (incoming: IncomingMessage, near: Duplex, head: Buffer): void => {
    const far: Socket = connect(Number(port), hostname, () => {
      const lines = incoming.rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [`${name}: ${incoming.rawHeaders[index + 1] ?? ''}`] : [],
      );
      far.write(`GET ${incoming.url ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      far.write(head);
      near.pipe(far).pipe(near);
    });
    if (incoming.url === SOCKETS.authenticated) latest = { near, far };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        far.destroy();
        if (!deaf.has(near)) near.destroy();
      });
    }
  };
  proxy.on('upgrade', join);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const own = proxy.address();
  if (own === null || typeof own === 'string') throw new Error('the proxy has no port');
  return {
    address: `http://127.0.0.1:${String(own.port)}`,
    requests,
    deafen: () => {
      if (latest === undefined) throw new Error('no device has a socket');
      const { near, far } = latest;
      deaf.add(near);
      far.unpipe(near);
      far.resume();
    },
    release: () => {
      for (const socket of deaf) socket.destroy();
      deaf.clear();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
};
