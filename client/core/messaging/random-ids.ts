import type { RandomSource } from '@sotto/crypto';
import {
  envelopeIdFromBytes,
  ID_LENGTH,
  messageIdFromBytes,
  type EnvelopeId,
  type MessageId,
} from '@sotto/protocol/ids';

/** Makes the ids that this device gives to what it sends: UUIDs of version 4, so that nobody can tell or guess them. */
export class RandomIds {
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  messageId(): MessageId {
    return this.#made(messageIdFromBytes);
  }

  envelopeId(): EnvelopeId {
    return this.#made(envelopeIdFromBytes);
  }

  #made<Id>(fromBytes: (bytes: Uint8Array) => Id | undefined): Id {
    const bytes = this.#random.bytes(ID_LENGTH);
    // Version and variant of RFC 9562.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const id = fromBytes(bytes);
    if (id === undefined) throw new Error('the source of randomness gave another number of bytes');
    return id;
  }
}
