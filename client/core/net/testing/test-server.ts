import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  decodeClientFrame,
  encodeServerFrame,
  ROUTES,
  SOCKETS,
  type ReceivedClientFrame,
  type Route,
  type RouteName,
  type ServerFrame,
} from '@sotto/protocol/wire';
import { WebSocketServer, type WebSocket } from 'ws';

export interface ReceivedCall {
  readonly route: RouteName;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Decoded by the route's schema. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- a test knows its route's body
  readonly authorization: string | undefined;
  /** Names the TCP connection: two calls with one number came over one connection. */
  readonly connection: number;
}

/** `write` has the whole answer in its hand; otherwise `json` is sent as it is. */
export type Reply =
  { readonly status?: number; readonly json: unknown } | { readonly write: (response: ServerResponse) => void };

type Responder = (call: ReceivedCall) => Reply | Promise<Reply>;

/** A refusal in the one error shape. */
export const refusal = (status: number, code: string, retryAfterMs?: number): Reply => ({
  status,
  json: { code, message: 'no', requestId: 'test', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
});

/** Encodes by the route's response schema, as an honest server does. */
export const answerTo = (route: RouteName, value: unknown): Reply => {
  const { response }: Route = ROUTES[route];
  return { json: response.encode(value) };
};

/** One client's socket, seen from the server. */
export class SocketPeer {
  readonly frames: ReceivedClientFrame[] = [];
  readonly #waiting: { take: (frame: ReceivedClientFrame) => void }[] = [];
  readonly closed: Promise<number>;

  constructor(
    readonly socket: WebSocket,
    readonly headers: IncomingMessage['headers'],
  ) {
    this.closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => {
      const frame = decodeClientFrame(new Uint8Array(bytes));
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.frames.push(frame);
      else waiting.take(frame);
    });
  }

  send(frame: ServerFrame): void {
    this.socket.send(encodeServerFrame(frame));
  }

  /** The next frame that has not been taken yet. */
  next(): Promise<ReceivedClientFrame> {
    const frame = this.frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((take) => {
      this.#waiting.push({ take });
    });
  }

  /** Takes the first frame and lets the client in. */
  async admit(): Promise<string> {
    const { requestId, body } = await this.next();
    if (body.type !== 'authenticate') throw new Error(`expected authenticate, got ${body.type}`);
    this.send({ requestId, body: { type: 'authenticated', serverTime: Date.now() as never } });
    return body.accessToken;
  }
}

const matchPath = (path: string, pathname: string): Record<string, string> | undefined => {
  const wanted = path.split('/');
  const given = pathname.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '');
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
};

/** A server on loopback that says exactly what a test tells it to, however wrong. */
export class TestServer {
  readonly calls: ReceivedCall[] = [];
  readonly #responders = new Map<RouteName, Responder>();
  readonly #connections = new Map<Socket, number>();
  readonly #http: Server;
  #origin = '';
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #peers = { authenticated: [] as SocketPeer[], anonymous: [] as SocketPeer[] };
  readonly #waiting = {
    authenticated: [] as ((peer: SocketPeer) => void)[],
    anonymous: [] as ((peer: SocketPeer) => void)[],
  };
  /** Sockets are refused with this status while it is set. */
  refuseSockets: number | undefined;
  /** Whether a connection may carry a second call, and so whether a client may find it closed and repeat a call on its own. */
  keepsConnections = true;
  /** Handshakes are left without an answer. */
  holdSockets = false;

  private constructor() {
    this.#http = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error('responder failed'));
      });
    });
    this.#http.on('connection', (socket) => this.#connections.set(socket, this.#connections.size + 1));
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.holdSockets) return;
      const kind = request.url === SOCKETS.authenticated ? 'authenticated' : 'anonymous';
      if (this.refuseSockets !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuseSockets} No\r\nconnection: close\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const peer = new SocketPeer(webSocket, request.headers);
        const waiting = this.#waiting[kind].shift();
        if (waiting === undefined) this.#peers[kind].push(peer);
        else waiting(peer);
      });
    });
  }

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    server.#origin = `http://127.0.0.1:${(server.#http.address() as AddressInfo).port}`;
    return server;
  }

  /** Known also after the server has stopped. */
  get origin(): string {
    return this.#origin;
  }

  on(route: RouteName, responder: Responder): void {
    this.#responders.set(route, responder);
  }

  callsTo(route: RouteName): ReceivedCall[] {
    return this.calls.filter((call) => call.route === route);
  }

  /** The next socket of this kind that has not been taken yet. */
  nextSocket(kind: 'authenticated' | 'anonymous'): Promise<SocketPeer> {
    const peer = this.#peers[kind].shift();
    if (peer !== undefined) return Promise.resolve(peer);
    return new Promise((resolve) => {
      this.#waiting[kind].push(resolve);
    });
  }

  /** Sockets that came and have not been taken. */
  waitingSockets(kind: 'authenticated' | 'anonymous'): number {
    return this.#peers[kind].length;
  }

  async stop(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
      const params = route.method === request.method ? matchPath(route.path, url.pathname) : undefined;
      if (params === undefined) continue;
      const call: ReceivedCall = {
        route: name,
        params,
        query: url.searchParams,
        body: route.body?.parse(JSON.parse(Buffer.concat(chunks).toString())),
        authorization: request.headers.authorization,
        connection: this.#connections.get(request.socket) ?? 0,
      };
      this.calls.push(call);
      const responder = this.#responders.get(name);
      this.#write(response, responder === undefined ? refusal(404, 'notFound') : await responder(call));
      return;
    }
    this.#write(response, refusal(404, 'notFound'));
  }

  #write(response: ServerResponse, reply: Reply): void {
    if ('write' in reply) {
      reply.write(response);
      return;
    }
    const connection = this.keepsConnections ? 'keep-alive' : 'close';
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', connection });
    response.end(JSON.stringify(reply.json));
  }
}
