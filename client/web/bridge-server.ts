import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  LOOPBACK_PATH,
  LOOPBACK_PROTOCOL,
  parseLoopbackToken,
  RPC_MESSAGE_LENGTH,
  serveRpc,
  type CoreApi,
  type HostGreeting,
  type LoopbackGreeting,
} from '@sotto/client/bridge';
import { WebSocketServer, type WebSocket } from 'ws';
import { socketChannel } from './socket-channel.js';
import type { Attachment, TokenBook } from './token-book.js';
import { WrongTokenLimit } from './wrong-token-limit.js';

/** UTF-8 takes at most three bytes for a character as JavaScript counts them. */
const MESSAGE_MOST_BYTES = 3 * RPC_MESSAGE_LENGTH;
const WINDOWS_MOST = 32;
const GOING_AWAY = 1_001;
/** How long windows have to answer the goodbye. */
const GOODBYE_MS = 500;

interface BridgeServerParts {
  readonly core: CoreApi;
  readonly tokens: TokenBook;
  /** The host's own `127.0.0.1:PORT`. */
  readonly authority: string;
  readonly greeting: () => HostGreeting;
  readonly onFault: (fault: unknown) => void;
  readonly now: () => number;
}

type Verdict = { readonly attachment: Attachment } | { readonly refusal: string };

const refused = (refusal: string): Verdict => ({ refusal });

/** The loopback socket: attaches windows that prove themselves to the core, and nobody else. */
export class BridgeServer {
  readonly #parts: BridgeServerParts;
  readonly #limit: WrongTokenLimit;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_MOST_BYTES,
    perMessageDeflate: false,
    // Never one of those that the page offered as a token.
    handleProtocols: () => LOOPBACK_PROTOCOL,
  });

  constructor(parts: BridgeServerParts) {
    this.#parts = parts;
    this.#limit = new WrongTokenLimit(parts.now);
  }

  /** Answers an `Upgrade` request of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const verdict = this.#judge(request);
    if ('refusal' in verdict) {
      socket.end(`HTTP/1.1 ${verdict.refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { attachment } = verdict;
    socket.once('close', attachment.release);
    this.#sockets.handleUpgrade(request, socket, head, (attached) => this.#attach(attached, attachment.session));
  }

  async stop(): Promise<void> {
    const closing = [...this.#sockets.clients].map(
      (client) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(() => client.terminate(), GOODBYE_MS);
          client.once('close', () => {
            clearTimeout(timer);
            resolve();
          });
          client.close(GOING_AWAY);
        }),
    );
    await Promise.all(closing);
    this.#sockets.close();
  }

  /** In the order of cost to who is honest: a page of another origin never gets as far as a token. */
  #judge({ headers, url }: IncomingMessage): Verdict {
    const { authority, tokens } = this.#parts;
    if (headers.host !== authority) return refused('421 Misdirected Request');
    if (url !== LOOPBACK_PATH) return refused('404 Not Found');
    // A page of any other site, or of another port of this machine, has another origin.
    if (headers.origin !== `http://${authority}`) return refused('403 Forbidden');
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
    if (!offered.includes(LOOPBACK_PROTOCOL)) return refused('400 Bad Request');
    if (this.#sockets.clients.size >= WINDOWS_MOST) return refused('503 Service Unavailable');
    const token = parseLoopbackToken(offered);
    const attachment = token && tokens.redeem(token.kind, token.token);
    if (attachment !== undefined) return { attachment };
    return refused(this.#limit.note() === 'wrong' ? '401 Unauthorized' : '429 Too Many Requests');
  }

  #attach(socket: WebSocket, session: string): void {
    const { core, greeting, onFault } = this.#parts;
    // What is oversized or malformed closes the socket by itself; the error has nothing to tell beyond that.
    socket.on('error', () => socket.terminate());
    const channel = socketChannel(socket);
    channel.send(JSON.stringify({ session, ...greeting() } satisfies LoopbackGreeting));
    serveRpc(core, channel, { onFault });
  }
}
