import { randomUUID } from 'node:crypto';
import type { EnvelopeId } from '@sotto/protocol/ids';
import {
  decodeServerFrame,
  encodeClientFrame,
  SOCKETS,
  type ClientFrameBody,
  type DeliveredEnvelope,
  type ReceivedServerFrame,
} from '@sotto/protocol/wire';
import { WebSocket } from 'ws';
import { envelopeFor, sendTo, type TestPerson } from './test-servers.js';

type Body = ReceivedServerFrame['body'];

const PAUSE_MS = 20;
/** A server that was killed in the middle of an answer never gives it. */
const ANSWER_WITHIN_MS = 5_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A device as a client program is: it stores what it gets before it acknowledges, sends again with the same id until it hears
 * "accepted", and connects elsewhere when a server goes away. What it must never see it writes down.
 */
export class StubbornDevice {
  readonly person: TestPerson;
  /** What went wrong, in words; none of it may ever happen. */
  readonly violations: string[] = [];
  /** What the application has: by id, once each. */
  readonly received = new Map<EnvelopeId, string>();
  /** Everything that a server has said it accepted from here. */
  readonly accepted = new Map<EnvelopeId, { readonly to: StubbornDevice; readonly text: string }>();
  /** Sent again because no answer came: the first may have been accepted, stored by its reader and deleted meanwhile. */
  readonly #repeated: Set<EnvelopeId>;
  readonly #addresses: readonly string[];
  /** Acknowledged, and the server has said that it is deleted. */
  readonly #settled = new Set<EnvelopeId>();
  readonly #answers = new Map<number, (body: Body | 'gone') => void>();
  #socket: WebSocket | undefined;
  #lastRequest = 0;
  #turn = 0;
  #isWriting = true;
  #isStopping = false;
  #running: Promise<unknown> = Promise.resolve();

  /** @param ground - what all devices of a test share */
  constructor(
    person: TestPerson,
    ground: { readonly addresses: readonly string[]; readonly repeated: Set<EnvelopeId> },
  ) {
    this.person = person;
    this.#addresses = ground.addresses;
    this.#repeated = ground.repeated;
  }

  /** Connects, and sends to `choose()` again and again. */
  start(choose: () => StubbornDevice): void {
    this.#running = Promise.all([this.#stayConnected(), this.#write(choose)]);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#socket?.terminate();
    await this.#running;
  }

  stopWriting(): void {
    this.#isWriting = false;
  }

  async #stayConnected(): Promise<void> {
    while (!this.#isStopping) {
      await this.#connection().catch(() => undefined);
      await pause(PAUSE_MS);
    }
  }

  /** Resolves when the socket has gone. */
  async #connection(): Promise<void> {
    this.#turn += 1;
    const address = this.#addresses[this.#turn % this.#addresses.length] ?? '';
    const socket = new WebSocket(address.replace('http', 'ws') + SOCKETS.authenticated, { handshakeTimeout: 2_000 });
    const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.#hear(socket, data));
    await new Promise<void>((resolve, reject) => {
      socket.on('open', () => resolve());
      socket.on('close', () => reject(new Error('gone')));
    });
    const answer = await this.#ask(socket, { type: 'authenticate', accessToken: this.person.token });
    if (answer !== 'gone' && answer.type === 'authenticated') {
      this.#socket = socket;
      // Stopped while it connected: nobody else will end this socket.
      if (this.#isStopping) socket.terminate();
      await gone;
      this.#socket = undefined;
    } else socket.terminate();
    for (const forget of [...this.#answers.values()]) forget('gone');
    this.#answers.clear();
  }

  #ask(socket: WebSocket, body: ClientFrameBody): Promise<Body | 'gone'> {
    this.#lastRequest += 1;
    const requestId = this.#lastRequest;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('gone'), ANSWER_WITHIN_MS);
      this.#answers.set(requestId, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      socket.send(encodeClientFrame({ requestId, body }));
    });
  }

  #hear(socket: WebSocket, data: Buffer): void {
    const { requestId, body } = decodeServerFrame(data);
    const answer = this.#answers.get(requestId);
    this.#answers.delete(requestId);
    if (answer !== undefined) answer(body);
    else if (body.type === 'deliver') void this.#take(socket, body.envelopes);
  }

  async #take(socket: WebSocket, envelopes: readonly DeliveredEnvelope[]): Promise<void> {
    for (const { envelopeId, ciphertext } of envelopes) {
      const text = Buffer.from(ciphertext).toString('utf8');
      if (this.#settled.has(envelopeId) && !this.#repeated.has(envelopeId))
        this.violations.push(`delivered again after it was deleted: ${text}`);
      const known = this.received.get(envelopeId);
      if (known !== undefined && known !== text)
        this.violations.push(`another content under one id: ${known}, ${text}`);
      this.received.set(envelopeId, text);
    }
    const ids = envelopes.map(({ envelopeId }) => envelopeId);
    const answer = await this.#ask(socket, { type: 'acknowledge', envelopeIds: ids });
    if (answer !== 'gone' && answer.type === 'acknowledged') for (const id of ids) this.#settled.add(id);
  }

  async #write(choose: () => StubbornDevice): Promise<void> {
    while (!this.#isStopping && this.#isWriting) {
      await this.#sendOne(choose());
      await pause(PAUSE_MS / 2);
    }
  }

  /** The same envelope under the same id until a server says that it has it. */
  async #sendOne(to: StubbornDevice): Promise<void> {
    const text = randomUUID();
    const envelope = envelopeFor(to.person.account.keys.device, { ciphertext: new Uint8Array(Buffer.from(text)) });
    let attempts = 0;
    while (!this.#isStopping) {
      const socket = this.#socket;
      if (socket?.readyState === WebSocket.OPEN) {
        attempts += 1;
        if (attempts > 1) this.#repeated.add(envelope.envelopeId);
        const answer = await this.#ask(socket, sendTo(to.person.account, { envelopes: [envelope] }));
        if (answer !== 'gone' && answer.type === 'accepted') {
          this.accepted.set(envelope.envelopeId, { to, text });
          return;
        }
        if (answer !== 'gone' && answer.type === 'failure' && answer.code !== 'serverBusy')
          this.violations.push(`refused: ${answer.code}`);
      }
      await pause(PAUSE_MS);
    }
  }
}
