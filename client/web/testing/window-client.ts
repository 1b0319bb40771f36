import { once } from 'node:events';
import { LOOPBACK_PATH, LOOPBACK_PROTOCOL, loopbackTokenProtocol, type LoopbackTokenKind } from '@sotto/client/bridge';
import { WebSocket } from 'ws';

export interface WindowOptions {
  readonly kind?: LoopbackTokenKind;
  readonly token?: string;
  readonly host?: string;
  readonly origin?: string | undefined;
  readonly path?: string;
  readonly protocols?: readonly string[];
}

/** What a browser's page does at the loopback socket, with every part of the handshake open to lies. */
export class WindowClient {
  readonly received: unknown[] = [];
  readonly socket: WebSocket;

  constructor(port: number, options: WindowOptions) {
    const authority = `127.0.0.1:${port}`;
    const protocols = options.protocols ?? [
      LOOPBACK_PROTOCOL,
      ...(options.token === undefined ? [] : [loopbackTokenProtocol(options.kind ?? 'once', options.token)]),
    ];
    const origin = 'origin' in options ? options.origin : `http://${authority}`;
    this.socket = new WebSocket(`ws://${authority}${options.path ?? LOOPBACK_PATH}`, [...protocols], {
      headers: { Host: options.host ?? authority, ...(origin === undefined ? {} : { Origin: origin }) },
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString('utf8'))));
  }

  /** The status of the refusal, or `attached` with the host's first message there. */
  outcome(): Promise<number | 'attached'> {
    return new Promise((resolve) => {
      this.socket.once('message', () => resolve('attached'));
      this.socket.once('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
    });
  }

  async closed(): Promise<number> {
    const [code] = (await once(this.socket, 'close')) as [number];
    return code;
  }

  async close(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const closed = once(this.socket, 'close');
    this.socket.terminate();
    await closed;
  }
}
