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
  /** Not sealed to this device, or by somebody whose certificate does not hold. */
  | 'unauthentic'
  /** The ratchet with the sender's device does not open it. */
  | 'undecryptable'
  /** Opens, but to something that is not content. */
  | 'malformed'
  /** Names another sender or recipient than those it came from and to. */
  | 'misaddressed'
  /** The sender's device is not on its account's verified list. */
  | 'unlistedDevice';
