import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type { DeviceAddress } from './device-repository.js';

export const LINK_STATES = ['open', 'claimed', 'approved', 'activated', 'ended'] as const;
export type LinkState = (typeof LINK_STATES)[number];

export const LINK_END_REASONS = [
  'cancelled',
  'declined',
  'wrongDigits',
  'contested',
  'failed',
  'expired',
  'replaced',
  'listChanged',
  'deviceRemoved',
] as const;
export type LinkEndReason = (typeof LINK_END_REASONS)[number];

/** What the authorised device has signed: the certificate still lacks the signatures of its own device. */
export interface LinkApproval {
  readonly certificate: Bytes;
  readonly list: { readonly bytes: Bytes; readonly signature: Bytes };
}

/** A link of a device under way, or one that is over. */
export interface LinkSession {
  /** 16 bytes, made from the token. */
  readonly linkSessionId: Bytes;
  readonly token: Bytes;
  /** Which of the two devices shows the code. */
  readonly displayedBy: 'authorised' | 'new';
  /** For a code that is typed. */
  readonly lookupId: Bytes | undefined;
  /** The authorised device; in the reverse direction not known before the claim. */
  readonly authorised: DeviceAddress | undefined;
  /** By which the new device is known. */
  readonly claimantHash: Bytes | undefined;
  readonly state: LinkState;
  /** Of an ended session. */
  readonly endReason: LinkEndReason | undefined;
  /** Counts up with every change. */
  readonly revision: number;
  /** How often the code had been renewed before this session. */
  readonly renewals: number;
  readonly contestMac: Bytes | undefined;
  readonly approval: LinkApproval | undefined;
  /** Names the request that activated the device. */
  readonly activationHash: Bytes | undefined;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

export type NewLinkSession = Pick<
  LinkSession,
  | 'linkSessionId'
  | 'token'
  | 'displayedBy'
  | 'lookupId'
  | 'authorised'
  | 'claimantHash'
  | 'renewals'
  | 'createdAt'
  | 'expiresAt'
>;

/** What a change may set. The revision counts up by itself. */
export type LinkChange = Partial<
  Pick<
    LinkSession,
    'authorised' | 'claimantHash' | 'state' | 'endReason' | 'contestMac' | 'approval' | 'activationHash' | 'expiresAt'
  >
>;

export interface LinkMessage {
  readonly number: number;
  /** The revision of the session that it came with. */
  readonly revision: number;
  readonly body: Bytes;
}

/** How many sessions an account has begun since a time, and when the first of these was. */
export interface BegunSince {
  readonly count: number;
  readonly first: UnixMs | undefined;
}

/**
 * Links of devices. Whoever changes a session locks it first, and after its account's row where both are locked: then of any
 * number of processes one goes first, and nobody holds what the other waits for.
 */
export interface LinkSessionRepository {
  /** `exists`: a session with this token, or this look-up id, is there already. */
  insert(session: NewLinkSession): Promise<{ readonly type: 'inserted' } | { readonly type: 'exists' }>;
  find(linkSessionId: Bytes): Promise<LinkSession | undefined>;
  /** As it is now, and as it stays until the surrounding transaction (required) ends but for its own changes. */
  lock(linkSessionId: Bytes): Promise<LinkSession | undefined>;
  /**
   * Compare-and-set on the revision of `session`, which counts up by one. Throws if another has changed it: it was not locked.
   * `message` is put into its slot. A session that is ended or activated loses all messages.
   */
  change(
    session: LinkSession,
    change: LinkChange,
    message?: { readonly number: number; readonly body: Bytes },
  ): Promise<void>;
  /** In the order of their numbers. */
  messages(linkSessionId: Bytes): Promise<readonly LinkMessage[]>;
  /** Gives the token of an open session away under its look-up id: to the first who asks, and once. */
  takeToken(lookupId: Bytes, now: UnixMs): Promise<Bytes | undefined>;
  /** The open, claimed or approved session of an account that has not expired. */
  findLive(accountId: AccountId, now: UnixMs): Promise<LinkSession | undefined>;
  /** Sessions begun since a time; renewals are not counted. */
  begunSince(accountId: AccountId, since: UnixMs): Promise<BegunSince>;
  /** How many sessions of new devices wait for somebody who scans. */
  countUnclaimed(now: UnixMs): Promise<number>;
  /** Ends what a new device list makes impossible: approved sessions, and all sessions of removed devices. Answers which. */
  endForNewList(accountId: AccountId, removed: readonly DeviceId[]): Promise<readonly Bytes[]>;
  /** Ends up to `limit` sessions whose time is over. Answers which. */
  endExpired(now: UnixMs, limit: number): Promise<readonly Bytes[]>;
  /** Forgets up to `limit` sessions begun before a time. Answers how many. */
  deleteBegunBefore(before: UnixMs, limit: number): Promise<number>;
}
