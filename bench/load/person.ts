import { once } from 'node:events';
import { hashRefreshToken, RefreshToken, signRefreshProof, systemRandom } from '@sotto/crypto';
import type { EnvelopeId } from '@sotto/protocol/ids';
import {
  decodeServerFrame,
  encodeClientFrame,
  RefreshRequest,
  ROUTES,
  SOCKETS,
  TokenGrant,
  type ClientFrameBody,
  type ReceivedServerFrame,
} from '@sotto/protocol/wire';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { LoadUser } from '../relay/sotto-registration.js';

const RECONNECT_MS = 250;

/** Whom an envelope is for. */
export type Recipient = Pick<LoadUser, 'accountId' | 'deviceId' | 'registrationId'>;

export interface Delivered {
  readonly envelopeId: EnvelopeId;
  readonly ciphertext: Uint8Array;
  /** Counts the person's connections: what was sent during an earlier one has waited. */
  readonly connection: number;
}

export interface PersonOptions {
  readonly address: string;
  readonly user: LoadUser;
  /** The own address: limits of one address count for those who share it. */
  readonly localAddress?: string;
  readonly onDelivered?: (delivered: Delivered) => void;
  readonly onRefused?: (code: string) => void;
}

type Body = ReceivedServerFrame['body'];

/** Why a socket was not opened, where it was the server that would not. */
class ConnectRefused extends Error {}

/** Somebody with one device: keeps a connection, stores what arrives before acknowledging it, repeats what got no answer. */
export class Person {
  readonly #options: PersonOptions;
  readonly arrived = new Set<EnvelopeId>();
  readonly accepted = new Set<EnvelopeId>();
  /** Arrivals of what had arrived already: after a lost acknowledgement the server must send again. */
  redelivered = 0;
  connection = 0;
  #socket: WebSocket | undefined;
  #waiting = new Map<number, (body: Body | undefined) => void>();
  #lastId = 0;
  #accessToken: string;
  #refreshToken: RefreshToken;
  #onEmpty: (() => void) | undefined;

  constructor(options: PersonOptions) {
    this.#options = options;
    this.#accessToken = options.user.accessToken;
    this.#refreshToken = options.user.refreshToken;
  }

  get user(): LoadUser {
    return this.#options.user;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Until the server has said that nothing waits any more. Throws {@link ConnectRefused} when it will not have the socket. */
  async connect(): Promise<void> {
    const { address, localAddress } = this.#options;
    const socket = new WebSocket(address.replace('http', 'ws') + SOCKETS.authenticated, {
      perMessageDeflate: false,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    socket.on('message', (data: Buffer) => this.#receive(data));
    const refused = new Promise<never>((_, reject) => {
      socket.on('unexpected-response', (_request, response) =>
        reject(new ConnectRefused(`HTTP ${String(response.statusCode)}`)),
      );
      socket.on('error', reject);
    });
    // It may also end after it was opened.
    refused.catch(() => undefined);
    await Promise.race([once(socket, 'open'), refused]);
    this.#socket = socket;
    this.connection += 1;
    socket.on('close', () => this.#lost(socket));
    const isEmpty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const answer = await this.request({ type: 'authenticate', accessToken: this.#accessToken });
    if (answer === undefined) throw new Error('the connection went while it was being made');
    if (answer.type !== 'authenticated') throw new ConnectRefused(`authenticate: ${JSON.stringify(answer)}`);
    await isEmpty;
  }

  /** Tries until it succeeds; what the server refuses is told to `onRefused`. */
  async connectAtLast(): Promise<void> {
    for (;;) {
      try {
        await this.connect();
        if (this.isConnected) return;
      } catch (error) {
        if (error instanceof ConnectRefused) this.#options.onRefused?.(error.message);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
  }

  /** `undefined`: the connection went before the answer came. */
  request(body: ClientFrameBody): Promise<Body | undefined> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, resolve);
      socket.send(encodeClientFrame({ requestId: this.#lastId, body }));
    });
  }

  /** One try. Answers `undefined` where the outcome is not known. */
  async send(to: Recipient, envelopeId: EnvelopeId, ciphertext: Uint8Array): Promise<Body | undefined> {
    const answer = await this.request({
      type: 'send',
      recipient: to.accountId,
      accessKey: undefined,
      envelopes: [
        {
          deviceId: to.deviceId,
          registrationId: to.registrationId,
          envelopeId,
          ciphertext: new Uint8Array(ciphertext),
        },
      ],
    });
    if (answer?.type === 'failure') this.#options.onRefused?.(answer.code);
    return answer;
  }

  /** A call with the own token; anything but success throws. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#options.address + path, {
      method,
      headers: { authorization: `Bearer ${this.#accessToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path} was refused: ${JSON.stringify(answer)}`);
    return answer;
  }

  async refresh(): Promise<void> {
    const { accountId, deviceId, signingKey } = this.user;
    const next = RefreshToken.generate(systemRandom);
    const nextRefreshTokenHash = hashRefreshToken(next);
    const refreshTokenHash = hashRefreshToken(this.#refreshToken);
    const signature = signRefreshProof(signingKey, { accountId, deviceId, refreshTokenHash, nextRefreshTokenHash });
    const request = { accountId, deviceId, refreshToken: this.#refreshToken.unwrap(), nextRefreshTokenHash, signature };
    const answer = await this.call('POST', ROUTES.refresh.path, z.encode(RefreshRequest, request));
    this.#accessToken = z.decode(TokenGrant, answer as z.input<typeof TokenGrant>).accessToken;
    this.#refreshToken = next;
  }

  /** Without a farewell, as a lost network does it. */
  drop(): void {
    this.#socket?.terminate();
  }

  #lost(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#onEmpty?.();
    for (const resolve of waiting) resolve(undefined);
  }

  #receive(data: Buffer): void {
    const { requestId, body } = decodeServerFrame(data);
    if (body.type === 'deliver') {
      for (const { envelopeId, ciphertext } of body.envelopes) {
        if (this.arrived.has(envelopeId)) this.redelivered += 1;
        this.arrived.add(envelopeId);
        this.#options.onDelivered?.({ envelopeId, ciphertext, connection: this.connection });
      }
      const envelopeIds = body.envelopes.map(({ envelopeId }) => envelopeId);
      this.#socket?.send(encodeClientFrame({ requestId: 0, body: { type: 'acknowledge', envelopeIds } }));
    } else if (body.type === 'mailboxEmpty') this.#onEmpty?.();
    else {
      this.#waiting.get(requestId)?.(body);
      this.#waiting.delete(requestId);
    }
  }
}
