import type { AccountId, DeviceId, EnvelopeId } from '@sotto/protocol/ids';
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  LIMITS,
  type Bytes,
  type DeliveredEnvelope,
  type DeviceEnvelope,
  type NoticeTopic,
  type SendFrame,
  type ServerFrameBody,
} from '@sotto/protocol/wire';
import type { Away, Connection, ConnectionHandlers, ConnectionState, SendResult } from '../net/types.js';
import type { FakeServer } from './fake-server.js';

const away: Away = { outcome: 'away', reason: 'unreachable' };

/** What happens to one send on its way. `requestLost`, `answerLost`: the connection breaks before or after the server acts. */
export type SendFault = 'none' | 'requestLost' | 'answerLost';

/** The connection of one device with the server in memory, every frame encoded and decoded, with faults on demand. */
export class FakeConnection implements Connection {
  /** Asked for each send, by its number from 1. */
  sendFault: (number: number) => SendFault = () => 'none';
  /** Bends what one delivery hands over: drop, double, shuffle. What is not acknowledged comes again. */
  bendDelivery: (envelopes: readonly DeliveredEnvelope[]) => readonly DeliveredEnvelope[] = (envelopes) => envelopes;
  loseAcknowledgements = false;
  /** The network is cut until this is taken back. */
  isCut = false;
  sends = 0;
  deliveries = 0;
  readonly #server: FakeServer;
  readonly #deviceId: DeviceId;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #noticed = new Set<(topic: NoticeTopic) => void>();
  #state: ConnectionState = { state: 'idle' };
  #handlers: ConnectionHandlers | undefined;
  /** Counts connections: what belongs to an earlier one is void. */
  #generation = 0;
  #inFlight = new Set<string>();
  #pumping: Promise<void> = Promise.resolve();

  constructor(server: FakeServer, deviceId: DeviceId) {
    this.#server = server;
    this.#deviceId = deviceId;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onNotice(listener: (topic: NoticeTopic) => void): () => void {
    this.#noticed.add(listener);
    return () => this.#noticed.delete(listener);
  }

  start(handlers: ConnectionHandlers): void {
    if (this.#handlers !== undefined) return;
    this.#handlers = handlers;
    this.#connect();
  }

  reconnect(): void {
    if (this.#handlers !== undefined && this.#state.state !== 'online') this.#connect();
  }

  async stop(): Promise<void> {
    this.#handlers = undefined;
    this.#drop('idle');
    await this.#pumping;
  }

  /** Cuts the network; `mend` brings it back. */
  cut(): void {
    this.isCut = true;
    this.#drop('offline');
  }

  mend(): void {
    this.isCut = false;
    this.reconnect();
  }

  /** Ends as the process of this device does: nothing goes out or comes in any more. */
  kill(): void {
    this.isCut = true;
    this.#handlers = undefined;
    this.#drop('idle');
  }

  async send(
    recipient: AccountId,
    envelopes: readonly DeviceEnvelope[],
    { accessKey }: { readonly accessKey: Bytes | undefined },
  ): Promise<SendResult> {
    const generation = this.#generation;
    await this.#turn();
    // What was under way when the connection ended went down with it.
    if (this.#state.state !== 'online' || generation !== this.#generation) return away;
    const frame = this.#overTheWire({ type: 'send', recipient, accessKey, envelopes });
    this.sends += 1;
    const fault = this.sendFault(this.sends);
    if (fault === 'requestLost') return this.#break();
    const answer = this.#server.send(frame, accessKey === undefined ? this.#deviceId : undefined);
    await this.#turn();
    if (fault === 'answerLost') return this.#break();
    if (generation !== this.#generation) return away;
    return this.#readAnswer(answer);
  }

  async acknowledge(envelopeIds: readonly EnvelopeId[]): Promise<{ readonly outcome: 'acknowledged' } | Away> {
    await this.#turn();
    if (this.isCut || this.loseAcknowledgements) return away;
    for (const id of envelopeIds) this.#server.mailbox(this.#deviceId).delete(id);
    return { outcome: 'acknowledged' };
  }

  #connect(): void {
    if (this.isCut) return;
    if (!this.#server.isDevice(this.#deviceId)) {
      this.#setState({ state: 'unlinked' });
      return;
    }
    const generation = (this.#generation += 1);
    this.#inFlight = new Set();
    this.#setState({ state: 'connecting' });
    this.#server.listeners.set(this.#deviceId, {
      arrived: () => this.#pump(generation, false),
      noticed: (topic) => {
        if (generation === this.#generation) for (const listener of this.#noticed) listener(topic);
      },
    });
    this.#pump(generation, true);
  }

  #drop(state: 'idle' | 'offline'): void {
    this.#generation += 1;
    this.#server.listeners.delete(this.#deviceId);
    this.#setState(state === 'idle' ? { state } : { state, since: this.#server.now(), retryAt: this.#server.now() });
  }

  #break(): Away {
    this.#drop('offline');
    setTimeout(() => this.reconnect(), 1);
    return away;
  }

  #pump(generation: number, first: boolean): void {
    this.#pumping = this.#pumping
      .then(() => this.#deliver(generation, first))
      .catch(() => {
        if (generation === this.#generation) this.#break();
      });
  }

  async #deliver(generation: number, first: boolean): Promise<void> {
    for (;;) {
      await this.#turn();
      const handlers = this.#handlers;
      if (generation !== this.#generation || handlers === undefined) return;
      if (!this.#server.isDevice(this.#deviceId)) {
        this.#connect();
        return;
      }
      const waiting = [...this.#server.mailbox(this.#deviceId).values()]
        .filter(({ envelopeId }) => !this.#inFlight.has(envelopeId))
        .slice(0, LIMITS.envelopesPerDelivery);
      if (waiting.length === 0) break;
      for (const { envelopeId } of waiting) this.#inFlight.add(envelopeId);
      this.deliveries += 1;
      await handlers.deliver(this.#received(this.bendDelivery(waiting)));
    }
    if (!first) return;
    await this.#handlers?.mailboxEmpty(0);
    this.#setState({ state: 'online' });
  }

  #received(envelopes: readonly DeliveredEnvelope[]): readonly DeliveredEnvelope[] {
    const { body } = decodeServerFrame(encodeServerFrame({ requestId: 0, body: { type: 'deliver', envelopes } }));
    if (body.type !== 'deliver') throw new Error('a delivery does not survive its encoding');
    return body.envelopes;
  }

  #overTheWire(frame: SendFrame): SendFrame {
    const { body } = decodeClientFrame(encodeClientFrame({ requestId: 1, body: frame }));
    if (body.type !== 'send') throw new Error(`the server would not read this send: ${JSON.stringify(body)}`);
    return body;
  }

  #readAnswer(answer: ServerFrameBody): SendResult {
    const { body } = decodeServerFrame(encodeServerFrame({ requestId: 1, body: answer }));
    if (body.type === 'accepted') return { outcome: 'accepted', serverTime: body.serverTime };
    if (body.type === 'failure') return { outcome: 'refused', code: body.code, retryAfterMs: body.retryAfterMs };
    if (body.type !== 'mismatchedDevices') throw new Error(`${body.type} answers no send`);
    return { outcome: 'mismatched', missing: body.missing, extra: body.extra, stale: body.stale };
  }

  /** Lets everything else that is due happen first, as a network does. */
  #turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
