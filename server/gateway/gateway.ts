import { randomInt } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS, SOCKETS } from '@sotto/protocol/wire';
import { WebSocketServer, type Server as SocketServer } from 'ws';
import { refuse, type Refusal } from '../domain/outcome.js';
import { limited } from '../domain/rate-limit.js';
import { writeRefusal } from '../http/error-body.js';
import { cameInTheClear, remoteAddressOf } from '../http/proxy-headers.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { newRequestId } from '../request-id.js';
import { AnonymousConnection } from './anonymous-connection.js';
import { Channel, CLOSE } from './channel.js';
import { DeviceConnection, type Connection, type ConnectionServices } from './device-connection.js';
import { FrameSocket } from './frame-socket.js';
import { Heartbeat } from './heartbeat.js';

/** Clients come back spread over this time, so that a restart is not a stampede. */
const RECONNECT_SPREAD_MS = 2_000;
const CLOSE_TIMEOUT_MS = 2_000;

const NO_SUCH_SOCKET = refuse('notFound', `WebSockets are at ${SOCKETS.authenticated} and ${SOCKETS.anonymous}.`);
const BROWSER = refuse('forbiddenOrigin', 'Browser pages may not connect; only Sotto programs, which send no Origin.');
const PLAIN = refuse('badRequest', 'This server is reached over wss.');
const STOPPING = refuse('serverBusy', 'The server is stopping. Connect again.', 1_000);
const NO_HANDSHAKE = refuse('badRequest', 'This is not a WebSocket handshake (RFC 6455).');
const TOO_BIG = refuse('payloadTooLarge', `A frame may have ${LIMITS.frameBytes} bytes.`);

export interface GatewayParts extends ConnectionServices {
  readonly behindTlsProxy: boolean;
  readonly log: Log;
  readonly meter: Meter;
}

interface Kept {
  readonly kind: 'anonymous' | 'device';
  readonly socket: FrameSocket;
  readonly connection: Connection;
}

/** Both WebSockets of the server: who may open one, which are open, which are still there, and how they end. */
export class Gateway {
  readonly #parts: GatewayParts;
  readonly #webSockets: SocketServer<typeof FrameSocket>;
  readonly #kept = new Set<Kept>();
  readonly #openOf = { anonymous: 0, device: 0 };
  readonly #heartbeat = new Heartbeat();
  #isStopping = false;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#webSockets = new WebSocketServer<typeof FrameSocket>({
      noServer: true,
      clientTracking: false,
      maxPayload: LIMITS.frameBytes,
      // Ciphertext does not shrink, and inflating what strangers send is a bomb's fuse.
      perMessageDeflate: false,
      WebSocket: FrameSocket,
    });
    this.#webSockets.on('wsClientError', (_error, stream) => this.#refuse(stream, NO_HANDSHAKE));
  }

  attachTo(server: Server): void {
    server.on('upgrade', (request, stream, head) => {
      // Without a listener a connection that breaks during the handshake would end the process.
      stream.on('error', () => undefined);
      this.#admit(request, stream).then(
        (refusal) => {
          // The server may have begun to stop while the limits were asked.
          if (refusal === undefined && !this.#isStopping) this.#open(request, stream, head);
          else this.#refuse(stream, refusal ?? STOPPING);
        },
        (error: unknown) => {
          this.#parts.log.error('gateway.failed', { error });
          stream.destroy();
        },
      );
    });
  }

  /** Tells every socket to move, answers what is under way, then closes. Nothing that was accepted is dropped. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#heartbeat.stop();
    const kept = [...this.#kept];
    for (const { connection } of kept) {
      connection.channel.send(0, { type: 'moving', reconnectAfterMs: randomInt(RECONNECT_SPREAD_MS) });
    }
    await Promise.all(kept.map(({ connection }) => connection.loop.stop()));
    for (const { connection } of kept) connection.channel.close(CLOSE.goingAway);
    const deadline = performance.now() + CLOSE_TIMEOUT_MS;
    while (this.#kept.size > 0 && performance.now() < deadline) await pause(10);
    for (const { socket } of this.#kept) socket.terminate();
  }

  async #admit(request: IncomingMessage, stream: Duplex): Promise<Refusal | undefined> {
    const { limiter, behindTlsProxy } = this.#parts;
    if (this.#isStopping) return STOPPING;
    if (pathOf(request) === undefined) return NO_SUCH_SOCKET;
    if (request.headers.origin !== undefined) return BROWSER;
    if (cameInTheClear(request, behindTlsProxy)) return PLAIN;
    const limit = await limiter.take('connect', remoteAddressOf(request, behindTlsProxy));
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    return stream.destroyed ? STOPPING : undefined;
  }

  #open(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const isAnonymous = pathOf(request) === SOCKETS.anonymous;
    this.#webSockets.handleUpgrade(request, stream, head, (socket) => {
      const channel = new Channel(socket, stream, this.#parts);
      const connection = isAnonymous
        ? new AnonymousConnection(socket, channel, this.#parts)
        : new DeviceConnection(socket, channel, this.#parts);
      this.#keep({ kind: isAnonymous ? 'anonymous' : 'device', socket, connection });
    });
  }

  #keep(kept: Kept): void {
    const { socket, connection } = kept;
    this.#kept.add(kept);
    this.#meterSockets(kept.kind, 1);
    this.#heartbeat.add(socket);
    socket.onTooBig = () => connection.channel.refuse(0, TOO_BIG);
    socket.on('error', (error) => this.#parts.log.debug('gateway.socketError', { error }));
    socket.on('close', () => {
      this.#kept.delete(kept);
      this.#meterSockets(kept.kind, -1);
      this.#heartbeat.remove(socket);
      connection.release();
    });
  }

  #meterSockets(kind: Kept['kind'], change: 1 | -1): void {
    this.#openOf[kind] += change;
    this.#parts.meter.set('sotto_sockets', this.#openOf[kind], kind);
  }

  #refuse(stream: Duplex, refusal: Refusal): void {
    const requestId = newRequestId();
    this.#parts.log.debug('gateway.refused', { requestId, code: refusal.code });
    this.#parts.meter.count('sotto_socket_refusals_total', 1, refusal.code);
    writeRefusal(stream, refusal, requestId);
  }
}

const pathOf = (request: IncomingMessage): (typeof SOCKETS)[keyof typeof SOCKETS] | undefined => {
  const path = request.url?.split('?', 1)[0];
  return Object.values(SOCKETS).find((known) => known === path);
};
