import type { EnvelopeId } from '@sotto/protocol/ids';
import { LIMITS, type DeliveredEnvelope } from '@sotto/protocol/wire';
import { SEALED_KIND, type Acknowledged, type Mailbox } from '../domain/mailbox/mailbox.js';
import type { FreshMail } from '../notifier/notifier.js';
import type { DeviceAddress } from '../storage/device-repository.js';
import type { WaitingEnvelope } from '../storage/mailbox-repository.js';
import type { Channel } from './channel.js';

/** Ciphertexts in one frame, with room for the other fields of a hundred envelopes. */
const FRAME_BYTES = LIMITS.frameBytes - 32 * 1_024;

export interface MailboxDeliveryParts {
  readonly device: DeviceAddress;
  readonly channel: Channel;
  readonly mailbox: Mailbox;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Hands one mailbox to one socket in order of acceptance, from the oldest unacknowledged envelope on. `#position` is the last
 * one that the socket has: nothing at or before it is sent again, nothing after it is passed over.
 */
export class MailboxDelivery {
  readonly #parts: MailboxDeliveryParts;
  #position = 0;
  /** Where the envelopes stand that this socket was given and has not acknowledged. */
  readonly #given = new Map<EnvelopeId, number>();
  #isReading = false;
  /** Counts wake-ups, so that one that comes during a read is not missed. */
  #wakes = 0;
  #toldEmpty = false;

  constructor(parts: MailboxDeliveryParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#wake();
  }

  /** Sorts out what the device acknowledges: what this socket was given is known by its place. */
  acknowledged(envelopeIds: readonly EnvelopeId[]): Acknowledged {
    const positions: number[] = [];
    const elsewhere: EnvelopeId[] = [];
    for (const envelopeId of envelopeIds) {
      const position = this.#given.get(envelopeId);
      if (position === undefined) elsewhere.push(envelopeId);
      else positions.push(position);
      this.#given.delete(envelopeId);
    }
    return { positions, envelopeIds: elsewhere };
  }

  /** Something may wait up to this position. */
  wakeUpTo(position: number): void {
    if (position > this.#position) this.#wake();
  }

  /** Takes what was committed just now without asking the database for it, if nothing else comes before it. */
  take(mail: FreshMail): void {
    const { channel } = this.#parts;
    const isNext = this.#toldEmpty && !this.#isReading && mail.after <= this.#position;
    if (!isNext || channel.isCongested) this.#wake();
    // A read that was under way may have found them in the database before this process heard of its own commit.
    else this.#deliver(mail.envelopes.filter(({ position }) => position > this.#position));
  }

  #wake(): void {
    this.#wakes += 1;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#read().catch((fault: unknown) => this.#parts.onFault(fault));
  }

  /** Ends only when nothing is left, or with the socket: a failed read must not leave a socket that looks idle. */
  async #read(): Promise<void> {
    const { channel, mailbox, device } = this.#parts;
    let wakes;
    do {
      wakes = this.#wakes;
      // Mostly there is little, or nothing: the first look shows all of it.
      for (let [more, isFirst] = [true, true]; more && channel.isOpen; isFirst = false) {
        await channel.uncongested();
        const page = await (isFirst ? mailbox.glance(device, this.#position) : mailbox.read(device, this.#position));
        this.#deliver(page.envelopes);
        more = page.more;
      }
      if (!this.#toldEmpty && wakes === this.#wakes) await this.#tellEmpty();
    } while (wakes !== this.#wakes && channel.isOpen);
    this.#isReading = false;
  }

  async #tellEmpty(): Promise<void> {
    const { channel, mailbox, device } = this.#parts;
    if (!channel.isOpen) return;
    const expired = await mailbox.takeExpiredCount(device);
    channel.send(0, { type: 'mailboxEmpty', expired });
    this.#toldEmpty = true;
  }

  #deliver(envelopes: readonly WaitingEnvelope[]): void {
    for (const frame of inFrames(envelopes)) {
      this.#parts.channel.send(0, { type: 'deliver', envelopes: frame.map(delivered) });
    }
    for (const { envelopeId, position } of envelopes) this.#given.set(envelopeId, position);
    this.#position = envelopes.at(-1)?.position ?? this.#position;
  }
}

const delivered = ({ envelopeId, kind, ciphertext, acceptedAt }: WaitingEnvelope): DeliveredEnvelope<Uint8Array> => ({
  envelopeId,
  kind: kind === SEALED_KIND ? 'sealed' : 'unknown',
  ciphertext,
  serverTime: acceptedAt,
});

/** Pieces that each fit into one frame. */
const inFrames = (envelopes: readonly WaitingEnvelope[]): WaitingEnvelope[][] => {
  const frames: WaitingEnvelope[][] = [];
  let bytes = Infinity;
  for (const envelope of envelopes) {
    const frame = frames.at(-1);
    bytes += envelope.ciphertext.length;
    if (frame !== undefined && frame.length < LIMITS.envelopesPerDelivery && bytes <= FRAME_BYTES) {
      frame.push(envelope);
    } else {
      frames.push([envelope]);
      bytes = envelope.ciphertext.length;
    }
  }
  return frames;
};
