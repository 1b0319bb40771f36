import type { EnvelopeId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';

/** A sealed envelope that this device has stored and not yet opened; `id` is its place in the order of arrival. */
export interface InboxEntry {
  readonly id: number;
  readonly envelopeId: EnvelopeId;
  readonly serverTime: UnixMs;
  readonly ciphertext: Bytes;
}

/** Why an envelope is kept unopened. For our own eyes: to the sender all of them look alike. */
export type SetAsideReason =
  /** A kind of envelope that a newer version will know. */
  | 'unknownKind'
  /** Does not unseal, its certificate does not hold, or the ratchet refuses it. */
  | 'undecryptable'
  /** Opens to something that is not content. */
  | 'malformed'
  /** Names another sender or recipient than those it came from and to. */
  | 'misaddressed'
  /** The sender's device is not on its account's verified list. */
  | 'unlistedDevice'
  /** Uses the id of one of our own messages. */
  | 'foreignId';
