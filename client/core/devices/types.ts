import type { ListHead } from '@sotto/protocol/content';
import type { AccountId, DeviceId, UnixMs, Username } from '@sotto/protocol/ids';
import type { ReceiptPublicKey } from '@sotto/crypto';
import type { Bytes, DeviceListEntry } from '@sotto/protocol/wire';
import type { Away, Refused } from '../net/types.js';

/** A device that its account's pinned list names, with the certificate that made it one. */
export interface PinnedDevice {
  readonly deviceId: DeviceId;
  /** Canonical certificate bytes, verified; its hash is in the list. */
  readonly certificate: Bytes;
}

/**
 * The highest list of one account that this device has verified. `account identity key` and `recoveryPublicKey` are trusted on
 * first use and never change under one root; everything else is verified from them.
 */
export interface DevicePin {
  readonly accountId: AccountId;
  readonly username: Username;
  /** 33 bytes, libsignal public key. */
  readonly accountIdentityKey: Bytes;
  /** 1,216 bytes. */
  readonly recoveryPublicKey: Bytes;
  readonly head: ListHead;
  /** The head's canonical bytes. */
  readonly list: Bytes;
  readonly devices: readonly PinnedDevice[];
  /** Two receipted lists had one number, or a peer's own word contradicted the pin: sending waits for the person. */
  readonly alarm: boolean;
  readonly pinnedAt: UnixMs;
}

/** A list that was verified; with the whole step, where it was there, so that a server that lost it can have it again. */
export interface PassedHead extends ListHead {
  readonly step?: DeviceListEntry;
}

/** Where pins are kept (SQL). All calls are synchronous and each is one transaction. */
export interface DevicePinStore {
  find(accountId: AccountId): DevicePin | undefined;
  /**
   * Writes the pin and adds its head and `passed` (the lists verified on the way) to the history. Never removes history; of the
   * steps the newest of each account are kept.
   */
  save(pin: DevicePin, passed: readonly PassedHead[]): void;
  /** Kept steps beyond a place, in order. */
  stepsAfter(accountId: AccountId, place: Omit<ListHead, 'hash'>): readonly DeviceListEntry[];
  setAlarm(accountId: AccountId, alarm: boolean): void;
  /** The hash of the list that was verified with this number, where it was. */
  findHash(accountId: AccountId, epoch: number, number: number): Bytes | undefined;
}

/** What senders encrypt to, and what receivers check against. */
export interface VerifiedDevices {
  readonly accountId: AccountId;
  readonly username: Username;
  readonly head: ListHead;
  readonly active: readonly DeviceId[];
  readonly accountIdentityKey: Bytes;
  readonly alarm: boolean;
}

/**
 * `unverifiable`: what the server gave does not verify, or goes back behind the pin; the pin stays as it was. `gaveBack`: the
 * server had lost lists of this account, and has them again.
 */
export type RefreshResult =
  | { readonly outcome: 'ok' | 'alarm'; readonly devices: VerifiedDevices; readonly gaveBack?: true }
  | { readonly outcome: 'unverifiable' }
  | { readonly outcome: 'unknownAccount' }
  | Refused
  | Away;

/**
 * `ok`: known, or an older list that was in the history. `fetchNeeded`: higher than the pin; `refresh` and look again.
 * `alarm`: another hash than the one verified with this number.
 */
export type HeadVerdict = 'ok' | 'fetchNeeded' | 'alarm';

/** The key under which the pinned server receipts device lists. */
export interface ReceiptKeys {
  current(): ReceiptPublicKey;
  /** Asks the server for newer keys under the pinned trust root. `true`: there is another receipt key now. */
  renew(): Promise<boolean>;
}

/** Whether this device is still on its account's list, by what this device itself verifies. */
export interface OwnStanding {
  /** By the pin alone. */
  readonly isListed: boolean;
  /** Fetches the own list first; what cannot be fetched or verified changes nothing. */
  check(): Promise<boolean>;
  /** The server, asked last, knows no such account: it was deleted, or the server is an older one. Its word alone. */
  readonly isDisowned: boolean;
}

/** `gaveBack`: the server had lost lists of this account, and has them again. */
export type LookListener = (accountId: AccountId, look: { readonly gaveBack: boolean }) => void;

/** Verified device lists of peers and of the own account. */
export interface PeerDevices {
  /** The pin as it stands, without asking the server. */
  find(accountId: AccountId): VerifiedDevices | undefined;
  /** The pin, fetched first where there is none. */
  verified(accountId: AccountId): Promise<RefreshResult>;
  /** Fetches and verifies every step after the pin. Calls for one account at one time share one fetch. */
  refresh(accountId: AccountId): Promise<RefreshResult>;
  /**
   * The same because of a head that a message claimed: at most once a minute and account, so that a peer cannot make this
   * device ask without end. `tooSoon` where the minute has not passed.
   */
  refreshForClaim(accountId: AccountId): Promise<RefreshResult | { readonly outcome: 'tooSoon' }>;
  /** Compares a head that a message claims with what was verified; an `alarm` is stored at once. */
  observeHead(accountId: AccountId, head: ListHead): HeadVerdict;
  /** Told after each fetch, and when an alarm is stored, whose list was looked at. Returns the function that ends it. */
  onLooked(listener: LookListener): () => void;
}

/** An account as another own device has verified it. */
export interface RecordedIdentity {
  readonly accountIdentityKey: Uint8Array;
  readonly epoch: number;
  readonly number: number;
  /** Of the list at that place. */
  readonly hash: Uint8Array;
}

export interface RecordedIdentities {
  find(accountId: AccountId): RecordedIdentity | undefined;
}
