import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** A device inside its account: what a mailbox, a token family and prekeys belong to. */
export interface DeviceAddress {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

/** Canonical certificate bytes with both signatures; `hash` is what device lists name. */
export interface DeviceCertificate {
  readonly bytes: Bytes;
  readonly signingKeySignature: Bytes;
  readonly identityKeySignature: Bytes;
  readonly hash: Bytes;
}

/** An active device, that is, one on the receipted head of its account's list. */
export interface Device extends DeviceAddress {
  readonly certificate: DeviceCertificate;
  /** DSK, Ed25519 public. */
  readonly signingKey: Bytes;
  /** IK, libsignal public key with its type byte. */
  readonly identityKey: Bytes;
  /** LK, Ed25519 public; absent on devices that cannot link others. */
  readonly linkKey: Bytes | undefined;
  readonly registrationId: number;
  readonly linkedAt: UnixMs;
  /** Cut to the day: the server needs no finer trace of when people are there. */
  readonly lastSeenAt: UnixMs | undefined;
}

/** Of a device that came back with a lost list and has not been here since. No device has it for its own. */
export const UNKNOWN_REGISTRATION_ID = 0;

export type NewDevice = Omit<Device, 'lastSeenAt'>;

/** What the sending rules need to know of one active device. */
export interface DeliveryTarget {
  readonly deviceId: DeviceId;
  readonly registrationId: number;
  /** Envelopes in its mailbox. */
  readonly waiting: number;
  /** Position of the newest of them; 0 in an empty mailbox. */
  readonly lastPosition: number;
}

export interface DeviceRepository {
  /** Adds an active device with its certificate. `deviceExists`: the id is in use, in whatever account. */
  activate(device: NewDevice): Promise<{ readonly type: 'activated' } | { readonly type: 'deviceExists' }>;
  /** Gives an active device another certificate, with what that says. Its identity key, and so its id, stays. */
  recertify(device: NewDevice): Promise<void>;
  /** Changes nothing where a registration id is known. */
  nameRegistration(address: DeviceAddress, registrationId: number): Promise<void>;
  find(address: DeviceAddress): Promise<Device | undefined>;
  /** The active devices of an account, in the order of their ids. */
  list(accountId: AccountId): Promise<readonly Device[]>;
  /** Removes devices with their prekeys, mail and tokens. Certificates stay: old lists name them. */
  remove(accountId: AccountId, deviceIds: readonly DeviceId[]): Promise<void>;
  /** Remembers the day of `seenAt`. */
  markSeen(address: DeviceAddress, seenAt: UnixMs): Promise<void>;
  /**
   * The active devices of several accounts in one query, locked until the surrounding transaction ends (required).
   *
   * The lock makes three things true at once: a device cannot be unlinked between this check and the insert; positions in one
   * mailbox become visible in their order, so that a reader's cursor never passes an envelope that commits later; and the
   * count of waiting envelopes holds. Accounts without devices are absent.
   */
  lockForDelivery(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, readonly DeliveryTarget[]>>;
}
