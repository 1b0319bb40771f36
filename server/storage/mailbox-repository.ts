import type { EnvelopeId, UnixMs } from '@sotto/protocol/ids';
import type { DeviceAddress } from './device-repository.js';

/** A sealed envelope on its way into a mailbox. No sender anywhere: the server does not keep who wrote. */
export interface NewEnvelope extends DeviceAddress {
  readonly envelopeId: EnvelopeId;
  readonly kind: number;
  readonly ciphertext: Uint8Array;
  readonly acceptedAt: UnixMs;
}

/** A stored envelope. */
export interface WaitingEnvelope {
  /** Rises in the order of acceptance; unique over all mailboxes. */
  readonly position: number;
  readonly envelopeId: EnvelopeId;
  readonly kind: number;
  readonly ciphertext: Uint8Array;
  readonly acceptedAt: UnixMs;
}

export type EnqueueOutcome =
  | { readonly type: 'stored'; readonly position: number }
  /** Stands in the mailbox already (or earlier in this batch), and counts as accepted. */
  | { readonly type: 'duplicate' };

export interface MailboxRead {
  /** Position of the last envelope that the reader has; 0 from the start. */
  readonly after: number;
  readonly mostEnvelopes: number;
  /** Sum of ciphertext bytes; one envelope is returned even if it alone is larger. */
  readonly mostBytes: number;
  /** Envelopes accepted before have expired and are not returned. */
  readonly acceptedSince: UnixMs;
}

/** A first look into a mailbox. */
export interface MailboxGlance {
  readonly address: DeviceAddress;
  /** As in {@link MailboxRead}. */
  readonly after: number;
}

export interface MailboxPage {
  readonly envelopes: readonly WaitingEnvelope[];
  readonly more: boolean;
}

export interface Acknowledgement extends DeviceAddress {
  readonly envelopeIds: readonly EnvelopeId[];
}

export interface MailboxRepository {
  /**
   * Stores all envelopes or none, within the transaction in which the caller has locked the devices by
   * `DeviceRepository.lockForDelivery` (required). Answers one outcome an envelope, in order.
   *
   * An id is unique only while its envelope waits. A repeat that comes after the recipient has acknowledged is stored again;
   * the recipient's client drops it by message id and ratchet. Remembering acknowledged ids here would keep metadata about
   * delivered mail for nothing.
   */
  enqueueMany(envelopes: readonly NewEnvelope[]): Promise<readonly EnqueueOutcome[]>;
  /** What waits for one device, in order of acceptance. `more`: something waits beyond what is returned. */
  read(address: DeviceAddress, limits: MailboxRead): Promise<MailboxPage>;
  /** As {@link read}, a few envelopes each, for many devices in one statement. Answers one page a glance, in order. */
  glance(glances: readonly MailboxGlance[], acceptedSince: UnixMs): Promise<readonly MailboxPage[]>;
  /**
   * Deletes what stands at these positions, the quick way for a caller that has read them itself: a position says nothing about
   * whose it is. Positions that are empty are passed over.
   */
  deleteAt(positions: readonly number[]): Promise<void>;
  /** Deletes what devices have stored durably, many devices at once. Unknown ids are passed over: repeats are harmless. */
  deleteMany(acknowledgements: readonly Acknowledgement[]): Promise<void>;
  /**
   * Deletes up to `most` envelopes accepted before `acceptedBefore`, oldest first, and counts them for their devices.
   * Answers how many were deleted; fewer than `most` means that none is left.
   */
  deleteExpired(acceptedBefore: UnixMs, most: number): Promise<number>;
  /** How many wait. */
  count(address: DeviceAddress): Promise<number>;
  /** How many envelopes of this device expired undelivered since this was last asked. */
  takeExpiredCount(address: DeviceAddress): Promise<number>;
}
