import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Away } from './types.js';

/** The largest answer of any route: a page of device lists with their certificates stays well below it. */
const ANSWER_BYTES_MOST = 1_048_576;
const DEFAULT_TIMEOUT_MS = 20_000;
/** A segment of a megabyte on a slow line. */
const RAW_TIMEOUT_FACTOR = 6;
const IDLE_SOCKET_MS = 30_000;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly target: string;
  readonly accessToken: string | undefined;
  readonly body: HttpBody | undefined;
  /** What the answer is wanted to be. */
  readonly accept: ContentType;
}

export type ContentType = 'application/json' | 'application/octet-stream';

export interface HttpBody {
  readonly type: ContentType;
  readonly content: string | Uint8Array;
}

export interface HttpAnswer {
  readonly outcome: 'answered';
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

const unreachable: Away = { outcome: 'away', reason: 'unreachable' };
const notSotto: Away = { outcome: 'away', reason: 'notSotto' };

const isReset = (error: Error): boolean => 'code' in error && error.code === 'ECONNRESET';

/**
 * One HTTP/1.1 exchange at a time with one origin, over connections of its own. `fetch` shares one pool of connections in the
 * whole process, where anonymous calls would travel on the socket that has just shown an access token; here two transports
 * never share a connection or a TLS session.
 */
export class HttpTransport {
  readonly #origin: URL;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;
  readonly #closing = new AbortController();

  /** @param origin - as `parseServerAddress` gives it: `https:`, or `http:` on loopback */
  constructor(origin: string, options: { readonly timeoutMs?: number } = {}) {
    this.#origin = new URL(origin);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const pool = { keepAlive: true, maxSockets: 4, timeout: IDLE_SOCKET_MS };
    this.#agent = this.#origin.protocol === 'https:' ? new https.Agent(pool) : new http.Agent(pool);
  }

  /** Never rejects: what is not a whole answer is `away`. Redirects are answers like any other and are never followed. */
  async exchange(request: HttpRequest): Promise<HttpAnswer | Away> {
    const isRaw = [request.accept, request.body?.type].includes('application/octet-stream');
    const timeoutMs = isRaw ? RAW_TIMEOUT_FACTOR * this.#timeoutMs : this.#timeoutMs;
    const deadline = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
    const first = await this.#attempt(request, deadline);
    // The server closed an idle connection at the moment that it was used again: the request was never read.
    return first === 'staleConnection' ? this.#settled(await this.#attempt(request, deadline)) : first;
  }

  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  #settled(result: HttpAnswer | Away | 'staleConnection'): HttpAnswer | Away {
    return result === 'staleConnection' ? unreachable : result;
  }

  #attempt(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer | Away | 'staleConnection'> {
    return new Promise((resolve) => {
      const outgoing = this.#open(request, signal);
      outgoing.once('response', (incoming) => {
        void readAnswer(incoming).then((answer) => {
          if (answer === notSotto) outgoing.destroy();
          resolve(answer);
        });
      });
      // Node answers an upgrade that nobody asked for with neither a response nor an error.
      outgoing.once('upgrade', (_, socket) => {
        socket.destroy();
        resolve(notSotto);
      });
      outgoing.on('error', (error) => {
        resolve(outgoing.reusedSocket && isReset(error) ? 'staleConnection' : unreachable);
      });
      outgoing.end(request.body?.content);
    });
  }

  #open(request: HttpRequest, signal: AbortSignal): ClientRequest {
    const headers: Record<string, string | number> = { accept: request.accept };
    if (request.body !== undefined) {
      headers['content-type'] = request.body.type;
      headers['content-length'] = Buffer.byteLength(request.body.content);
    }
    if (request.accessToken !== undefined) headers['authorization'] = `Bearer ${request.accessToken}`;
    const options = { method: request.method, headers, agent: this.#agent, signal };
    const url = new URL(request.target, this.#origin);
    return this.#origin.protocol === 'https:'
      ? // Said here, so that no environment variable can switch certificate checks off.
        https.request(url, { ...options, rejectUnauthorized: true })
      : http.request(url, options);
  }
}

/** `notSotto` for a body that is too long or is packed. */
const readAnswer = async (incoming: IncomingMessage): Promise<HttpAnswer | Away> => {
  incoming.on('error', () => undefined);
  if (incoming.headers['content-encoding'] !== undefined) return notSotto;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: true })) {
      if (!Buffer.isBuffer(chunk)) return notSotto;
      length += chunk.length;
      if (length > ANSWER_BYTES_MOST) return notSotto;
      chunks.push(chunk);
    }
  } catch {
    return unreachable;
  }
  return {
    outcome: 'answered',
    status: incoming.statusCode ?? 0,
    contentType: incoming.headers['content-type'] ?? '',
    body: Buffer.concat(chunks),
  };
};
