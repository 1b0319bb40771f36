import type { DeviceId } from '@sotto/protocol/ids';
import type {
  BaseKey,
  IdentityKeyPair,
  KyberPreKeyRecord,
  PreKeyId,
  PreKeyRecord,
  RegistrationId,
  SessionRecord,
  SignedPreKeyRecord,
} from './keys.js';

/** The own device as its peers know it. */
export interface LocalIdentity {
  readonly deviceId: DeviceId;
  readonly registrationId: RegistrationId;
  readonly identityKeyPair: IdentityKeyPair;
}

/** A last-resort key serves every first message that found no one-time key, so it stays; a one-time key goes with its use. */
export interface KyberPreKey {
  readonly record: KyberPreKeyRecord;
  readonly use: 'oneTime' | 'lastResort';
}

/**
 * A first message that used a last-resort Kyber key (SPEC §5.6). Such a message could be opened again once its session has
 * been deleted; the mark, which outlives the session, refuses it.
 */
export interface ReplayMark {
  readonly kyberPreKeyId: PreKeyId;
  readonly signedPreKeyId: PreKeyId;
  readonly baseKey: BaseKey;
}

/** What the ratchets read. Every call is synchronous; an error that it throws ends the operation and reaches its caller. */
export interface RatchetState {
  loadSession(deviceId: DeviceId): SessionRecord | undefined;
  loadPreKey(id: PreKeyId): PreKeyRecord | undefined;
  loadSignedPreKey(id: PreKeyId): SignedPreKeyRecord | undefined;
  loadKyberPreKey(id: PreKeyId): KyberPreKey | undefined;
  hasReplayMark(mark: ReplayMark): boolean;
}

/** Everything that one unit of work changes. Disjoint by construction: no key is in two of them twice. */
export interface StateChanges {
  /** Sessions to write, and (`undefined`) to delete. */
  readonly sessions: ReadonlyMap<DeviceId, SessionRecord | undefined>;
  /** One-time prekeys to delete. */
  readonly usedPreKeys: ReadonlySet<PreKeyId>;
  /** One-time Kyber prekeys to delete. */
  readonly usedKyberPreKeys: ReadonlySet<PreKeyId>;
  /** To be inserted plainly, under a unique key: a mark that is there already must make the whole commit fail. */
  readonly replayMarks: readonly ReplayMark[];
}

/** Where the ratchets of one device are kept: SQLCipher in the client. */
export interface DurableState extends RatchetState {
  localIdentity(): LocalIdentity;
  /**
   * ONE transaction (`BEGIN IMMEDIATE`): the changes, then `effects`, then COMMIT. Throws and leaves everything as it was
   * where any of them fails. Durable when it returns. Never asynchronous: what throws late would have been committed.
   */
  commit(changes: StateChanges, effects: () => void): void;
}
