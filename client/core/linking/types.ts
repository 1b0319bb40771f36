import type { JoinView, LinkOfferView } from '@sotto/client/bridge';
import type { Bytes } from '@sotto/protocol/wire';
import type { PinnedServer } from '../account/types.js';

/** The request that approves, kept until the server has it, and what follows from it. */
export interface StoredApproval {
  /** The `ApproveLinkRequest` as JSON text. */
  readonly request: string;
  readonly deviceName: string;
  /** Of the history that goes with the link; absent where none does. */
  readonly archiveId: Bytes | undefined;
}

/** The authorised device's side of a link as it is kept. */
export interface LinkOfferRecord {
  readonly linkSessionId: Bytes;
  /** Absent before the approval: what opens the link key is never stored, so a restart ends such a link. */
  readonly approval: StoredApproval | undefined;
}

/** Where it is kept (SQL): one row. All calls are synchronous. */
export interface LinkOfferStore {
  find(): LinkOfferRecord | undefined;
  save(record: LinkOfferRecord): void;
  remove(): void;
}

/** The request that makes the new device one, repeated until the server has answered. */
export interface StoredActivation {
  /** The `ActivateLinkRequest` as JSON text. */
  readonly request: string;
  /** The first of the new device's tokens: 32 bytes that it has made itself. */
  readonly refreshToken: Bytes;
}

/** The new device's side of a link as it is kept. */
export interface LinkJoinRecord {
  readonly server: PinnedServer;
  /** 32 random bytes by which the server knows this device until it is one. */
  readonly claimant: Bytes;
  /** The handshake's own record, private keys inside. */
  readonly state: Bytes;
  readonly activation: StoredActivation | undefined;
}

/** Where it is kept (SQL): one row. All calls are synchronous. */
export interface LinkJoinStore {
  find(): LinkJoinRecord | undefined;
  save(record: LinkJoinRecord): void;
  /** The device has joined: only the row goes. */
  remove(): void;
  /** The join has failed: everything goes that was made for it, prekeys included. */
  discard(): void;
}

/** Which storage record of the account a new device is to fetch. */
export interface StorageRecordPlace {
  /** 0: there is none yet. */
  readonly version: number;
  readonly hash: Bytes | undefined;
}

export type OnOffer = (view: LinkOfferView) => void;
export type OnJoin = (view: JoinView) => void;
