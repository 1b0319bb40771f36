import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { LocalParty } from '../backend/libsignal-party.js';
import type { Clock } from '../environment.js';
import type { ContentGate } from '../sealed-sender/content-gate.js';
import { openEnvelope, type OpenResult, type SealedEnvelope } from '../sealed-sender/open.js';
import { sealMessage, type OutgoingMessage, type SealResult, type SealTools } from '../sealed-sender/seal.js';
import { SenderVerifier, type SenderTrust } from '../sealed-sender/sender-certificate.js';
import type { DurableState } from '../store.js';
import { Lane } from './lane.js';
import { UnitOfWork } from './unit-of-work.js';

/** The most envelopes or messages in one batch: more gain nothing and hold up what else waits for the lane. */
export const BATCH_MOST = 50;

export interface DeviceMessengerOptions {
  readonly accountId: AccountId;
  readonly state: DurableState;
  /** The server's time, as far as this device knows it. */
  readonly clock: Clock;
}

/** What became of one envelope of a batch. */
export interface Received<Envelope, Content> {
  readonly envelope: Envelope;
  readonly result: OpenResult<Content>;
}

export interface ReceiveOptions<Envelope, Content> {
  readonly trust: SenderTrust;
  readonly gate: ContentGate<Content>;
  /** Runs inside the transaction that commits the ratchets: store what was opened, remove from the inbox what is done. */
  commit(received: readonly Received<Envelope, Content>[]): void;
}

/** What became of one message of a batch. */
export interface Sent<Message> {
  readonly message: Message;
  readonly result: SealResult;
}

export interface SendOptions<Message> extends Pick<SealTools, 'certificate' | 'bundles'> {
  /** Runs inside the transaction that commits the ratchets: store the sealed copies. Transmit after `send` has resolved. */
  commit(sent: readonly Sent<Message>[]): void;
}

/**
 * Encryption and decryption of one device, as the only way in: every call holds the one lane of the device from its first
 * read until its flush, and commits ratchets and the caller's effects in one transaction (SPEC §5.8).
 *
 * An error of the store or of a callback rejects the call, and then nothing of it has happened.
 */
export class DeviceMessenger {
  readonly #accountId: AccountId;
  readonly #state: DurableState;
  readonly #clock: Clock;
  readonly #party: LocalParty;
  readonly #verifier = new SenderVerifier();
  readonly #lane = new Lane();

  constructor({ accountId, state, clock }: DeviceMessengerOptions) {
    this.#accountId = accountId;
    this.#state = state;
    this.#clock = clock;
    this.#party = new LocalParty(state.localIdentity());
  }

  /**
   * Opens up to {@link BATCH_MOST} envelopes, in their order. Acknowledge after it has resolved. Before, drop the envelopes
   * whose id has been dealt with already.
   */
  receive<Envelope extends SealedEnvelope, Content>(
    envelopes: readonly Envelope[],
    options: ReceiveOptions<Envelope, Content>,
  ): Promise<readonly Received<Envelope, Content>[]> {
    assertBatch(envelopes.length);
    const gate: ContentGate<Content> = {
      decode: (plaintext) => this.#lane.callback(() => options.gate.decode(plaintext)),
      standing: (decoded) => this.#lane.callback(() => options.gate.standing(decoded)),
    };
    const context = {
      party: this.#party,
      accountId: this.#accountId,
      verifier: this.#verifier,
      trust: options.trust,
      gate,
    };
    return this.#work(
      async (unit) => {
        const received = [];
        for (const envelope of envelopes) {
          received.push({ envelope, result: await openEnvelope(unit, envelope, context) });
        }
        return received;
      },
      (received) => options.commit(received),
    );
  }

  /**
   * Encrypts and seals up to {@link BATCH_MOST} messages, in their order. A message for which a session is missing is left
   * out as a whole: claim bundles for the devices named, and send it again with them.
   */
  send<Message extends OutgoingMessage>(
    messages: readonly Message[],
    options: SendOptions<Message>,
  ): Promise<readonly Sent<Message>[]> {
    assertBatch(messages.length);
    return this.#work(
      async (unit) => {
        const { certificate, bundles } = options;
        const tools = { party: this.#party, certificate, bundles, now: this.#clock.now() };
        const sent = [];
        for (const message of messages) sent.push({ message, result: await sealMessage(unit, message, tools) });
        return sent;
      },
      (sent) => options.commit(sent),
    );
  }

  /**
   * Puts the sessions with these devices away: what is on its way from them still opens, the next message to them begins a
   * new session. For devices that the server calls stale, and to repair a session that no longer decrypts.
   */
  archiveSessions(deviceIds: readonly DeviceId[], effects: () => void): Promise<void> {
    return this.#work(async (unit) => {
      for (const deviceId of deviceIds) {
        const session = unit.loadSession(deviceId);
        if (session !== undefined) unit.saveSession(deviceId, session.archived());
      }
    }, effects);
  }

  /** Forgets the sessions with these devices for good. For devices that their account no longer lists. */
  deleteSessions(deviceIds: readonly DeviceId[], effects: () => void): Promise<void> {
    return this.#work(async (unit) => {
      for (const deviceId of deviceIds) unit.deleteSession(deviceId);
    }, effects);
  }

  #work<Result>(work: (unit: UnitOfWork) => Promise<Result>, effects: (result: Result) => void): Promise<Result> {
    return this.#lane.run(async () => {
      // Each conflict shows one more replay mark of another process to the next attempt, and a batch has no more messages.
      for (let attempt = 0; attempt <= BATCH_MOST; attempt += 1) {
        const unit = UnitOfWork.begin(this.#state);
        const result = await work(unit);
        if (unit.flush(() => this.#lane.callback(() => effects(result))) === 'committed') return result;
      }
      throw new Error('Another process keeps committing the same first messages.');
    });
  }
}

const assertBatch = (length: number): void => {
  if (length > BATCH_MOST) throw new RangeError(`${length} are more than the ${BATCH_MOST} of one batch.`);
};
