import type { AccountId, DeviceId, EnvelopeId, UnixMs } from '@sotto/protocol/ids';
import type { DeliveredEnvelope, DeviceEnvelope } from '@sotto/protocol/wire';
import { randomUUID } from 'node:crypto';
import type { AccessTokenResult, AccessTokens } from '../../account/types.js';
import { Backoff } from '../backoff.js';
import { SocketConnection, type ConnectionEvent } from '../socket-connection.js';
import type { ConnectionHandlers } from '../types.js';
import { eventually } from './eventually.js';
import { ManualClock } from './manual-clock.js';
import { TestServer, type SocketPeer } from './test-server.js';

export const RECIPIENT = randomUUID() as AccountId;
export const A_TIME = 1_800_000_000_123 as UnixMs;

export const newEnvelopeId = (): EnvelopeId => randomUUID() as EnvelopeId;

export const deviceEnvelope = (length = 10): DeviceEnvelope => ({
  deviceId: '11111111-1111-8111-8111-111111111111' as DeviceId,
  registrationId: 77,
  envelopeId: newEnvelopeId(),
  ciphertext: new Uint8Array(length).fill(1),
});

export const delivered = (length = 10): DeliveredEnvelope => ({
  envelopeId: newEnvelopeId(),
  kind: 'sealed',
  ciphertext: new Uint8Array(length).fill(2),
  serverTime: A_TIME,
});

/** Gives out `token-1`, `token-2` … unless a test says otherwise. */
class FakeTokens implements AccessTokens {
  /** What each call called refused. */
  readonly asked: (string | undefined)[] = [];
  next: () => Promise<AccessTokenResult> | AccessTokenResult = () => ({
    outcome: 'ok',
    value: `token-${this.asked.length}`,
  });

  async get(refused?: string): Promise<AccessTokenResult> {
    this.asked.push(refused);
    return this.next();
  }
}

/** A connection, the server that it talks to, and everything around it that a test may bend. */
export class ConnectionBench {
  readonly clock = new ManualClock();
  readonly tokens = new FakeTokens();
  readonly events: ConnectionEvent[] = [];
  readonly states: string[] = [];
  readonly taken: DeliveredEnvelope[] = [];
  readonly handlers: ConnectionHandlers = {
    deliver: async (envelopes) => {
      this.taken.push(...envelopes);
    },
    mailboxEmpty: async () => undefined,
  };
  readonly connection: SocketConnection;

  private constructor(readonly server: TestServer) {
    this.connection = this.another();
    this.connection.onState(({ state }) => this.states.push(state));
  }

  static async start(): Promise<ConnectionBench> {
    return new ConnectionBench(await TestServer.start());
  }

  /** Half of each span as jitter, so that waits are known. */
  another(origin = this.server.origin): SocketConnection {
    return new SocketConnection({
      origin,
      tokens: this.tokens,
      clock: this.clock,
      backoff: new Backoff(() => 0.5),
      log: (event) => this.events.push(event),
    });
  }

  get state(): string {
    return this.connection.state.state;
  }

  start(): void {
    this.connection.start(this.handlers);
  }

  /** Lets the client in at its next socket and tells it that there is no mail. */
  async comeOnline(): Promise<SocketPeer> {
    const peer = await this.server.nextSocket('authenticated');
    await peer.admit();
    peer.send({ requestId: 0, body: { type: 'mailboxEmpty', expired: 0 } });
    await eventually(() => this.state === 'online');
    return peer;
  }

  startOnline(): Promise<SocketPeer> {
    this.start();
    return this.comeOnline();
  }

  /** The next time that it goes offline, or the present one. */
  async offline(): Promise<{ wait: number; since: UnixMs }> {
    const state = await eventually(() => this.connection.state.state === 'offline' && this.connection.state);
    return { wait: state.retryAt - this.clock.now(), since: state.since };
  }

  async stop(): Promise<void> {
    await this.connection.stop();
    await this.server.stop();
  }
}
