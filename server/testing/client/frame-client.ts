import { once } from 'node:events';
import {
  decodeServerFrame,
  encodeClientFrame,
  SOCKETS,
  type ClientFrameBody,
  type DeliveredEnvelope,
  type ReceivedServerFrame,
} from '@sotto/protocol/wire';
import { WebSocket, type ClientOptions } from 'ws';

type Body = ReceivedServerFrame['body'];
export type BodyOf<Type extends Body['type']> = Extract<Body, { readonly type: Type }>;

const TIMEOUT_MS = 20_000;

/** One WebSocket to a server under test: frames in the order in which they came, answers by their request. */
export class FrameClient {
  readonly socket: WebSocket;
  /** Frames that nobody has taken yet and that answer nothing. */
  readonly unasked: Body[] = [];
  /** Every envelope that was delivered, in order. */
  readonly delivered: DeliveredEnvelope[] = [];
  closed: { readonly code: number } | undefined;
  readonly #answers = new Map<number, (body: Body) => void>();
  readonly #watchers = new Set<() => void>();
  #lastRequestId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('close', (code) => {
      this.closed = { code };
      this.#watch();
    });
    socket.on('error', () => undefined);
  }

  static async open(address: string, kind: keyof typeof SOCKETS, options: ClientOptions = {}): Promise<FrameClient> {
    const url = address.replace('http', 'ws') + SOCKETS[kind];
    const client = new FrameClient(new WebSocket(url, { perMessageDeflate: false, ...options }));
    await once(client.socket, 'open');
    return client;
  }

  /** A socket of a device, authenticated. */
  static async authenticated(address: string, accessToken: string): Promise<FrameClient> {
    const client = await FrameClient.open(address, 'authenticated');
    const answer = await client.request({ type: 'authenticate', accessToken });
    if (answer.type !== 'authenticated') throw new Error(`Not authenticated: ${JSON.stringify(answer)}`);
    return client;
  }

  request(body: ClientFrameBody): Promise<Body> {
    this.#lastRequestId += 1;
    const requestId = this.#lastRequestId;
    this.socket.send(encodeClientFrame({ requestId, body }));
    return this.#orTimeout(
      new Promise((resolve) => this.#answers.set(requestId, resolve)),
      `no answer to ${body.type}`,
    );
  }

  /** Waits for the next frame of this type that answers nothing; those before it stay. */
  async next<Type extends Body['type']>(type: Type): Promise<BodyOf<Type>> {
    const isWanted = (body: Body): body is BodyOf<Type> => body.type === type;
    await this.until(() => this.unasked.some(isWanted), `a frame of type ${type}`);
    const index = this.unasked.findIndex(isWanted);
    return this.unasked.splice(index, 1)[0] as BodyOf<Type>;
  }

  async deliveredCount(count: number): Promise<readonly DeliveredEnvelope[]> {
    await this.until(() => this.delivered.length >= count, `${count} envelopes (there are ${this.delivered.length})`);
    return this.delivered;
  }

  async closing(): Promise<number> {
    await this.until(() => this.closed !== undefined, 'the socket to close');
    return this.closed!.code;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    await this.#orTimeout(
      new Promise<void>((resolve) => {
        const watch = () => {
          if (!condition()) return;
          this.#watchers.delete(watch);
          resolve();
        };
        this.#watchers.add(watch);
      }),
      `waited in vain for ${what}`,
    );
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closing();
  }

  #receive(data: Buffer): void {
    const { requestId, body } = decodeServerFrame(data);
    if (body.type === 'deliver') this.delivered.push(...body.envelopes);
    const answer = this.#answers.get(requestId);
    if (answer === undefined) this.unasked.push(body);
    else answer(body);
    this.#answers.delete(requestId);
    this.#watch();
  }

  #watch(): void {
    for (const watch of [...this.#watchers]) watch();
  }

  #orTimeout<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${what}, closed: ${JSON.stringify(this.closed)}`)), TIMEOUT_MS);
      // A request that a killed server never answers must not keep the test process.
      timer.unref();
    });
    return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
  }
}
