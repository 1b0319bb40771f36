import * as libsignal from '@signalapp/libsignal-client';
import type { DeviceId } from '@sotto/protocol/ids';
import { BaseKey, IdentityPublicKey, parsePreKeyId } from '../keys.js';
import type { RatchetUnit } from '../session/unit-of-work.js';
import { deviceIdAt, type LocalParty } from './libsignal-party.js';
import { RatchetSession } from './ratchet-session.js';

/** Why libsignal did not do what it was asked to, as far as the stores and its numeric codes tell. */
export type LibsignalFailure =
  | 'duplicate'
  | 'untrustedIdentity'
  | 'unknownPreKey'
  | 'replayedFirstMessage'
  /** Malformed, not authentic, or of a session that is not there. */
  | 'invalid';

export type LibsignalResult<Value> =
  | { readonly outcome: 'done'; readonly value: Value }
  /** `cause` is for an error that is thrown because of this; nothing branches on it. */
  | { readonly outcome: 'failed'; readonly failure: LibsignalFailure; readonly cause?: unknown };

/** Ends a libsignal call from inside a store because of what the peer sent; not an error of the store. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: LibsignalFailure;

  constructor(failure: LibsignalFailure) {
    super(failure);
    this.failure = failure;
  }
}

/**
 * The stores of one libsignal call, over the unit of work that the call belongs to.
 *
 * A device id is the hash of its identity key (SPEC §2.2), so trust in an identity is that comparison and nothing about
 * identities is stored.
 */
export class LibsignalStores
  implements
    libsignal.SessionStore,
    libsignal.IdentityKeyStore,
    libsignal.PreKeyStore,
    libsignal.SignedPreKeyStore,
    libsignal.KyberPreKeyStore
{
  readonly #party: LocalParty;
  readonly #unit: RatchetUnit;
  /** Sealing asks for the key of the session that was used just before. */
  readonly #seenIdentities = new Map<DeviceId, libsignal.PublicKey>();
  /** libsignal hands on no error of a store whole: the first one stays here meanwhile. */
  #firstError: { readonly error: unknown } | undefined;

  constructor(party: LocalParty, unit: RatchetUnit) {
    this.#party = party;
    this.#unit = unit;
  }

  /**
   * Runs one call on these stores. An error of a store comes out as the store threw it, whatever libsignal made of it: a
   * full disk is never taken for a message that cannot be decrypted. Everything else that is thrown is a failure, whatever
   * its class: peers can bring libsignal to throw a `RangeError`, and one such message must not stop all others.
   */
  async run<Value>(call: (stores: this) => Promise<Value>): Promise<LibsignalResult<Value>> {
    let value;
    try {
      value = await call(this);
    } catch (cause) {
      return { outcome: 'failed', failure: this.#takeRefusal() ?? failureOf(cause), cause };
    }
    const failure = this.#takeRefusal();
    return failure === undefined ? { outcome: 'done', value } : { outcome: 'failed', failure };
  }

  getSession(address: libsignal.ProtocolAddress): Promise<libsignal.SessionRecord | null> {
    return this.#keepError(() => this.#unit.loadSession(deviceOf(address))?.native ?? null);
  }

  saveSession(address: libsignal.ProtocolAddress, record: libsignal.SessionRecord): Promise<void> {
    return this.#keepError(() => this.#unit.saveSession(deviceOf(address), RatchetSession.ofNative(record)));
  }

  async getIdentityKey(): Promise<libsignal.PrivateKey> {
    return this.#party.identityKeyPair.privateKey;
  }

  async getIdentityKeyPair(): Promise<libsignal.IdentityKeyPair> {
    return this.#party.identityKeyPair;
  }

  async getLocalRegistrationId(): Promise<number> {
    return this.#party.registrationId;
  }

  isTrustedIdentity(address: libsignal.ProtocolAddress, key: libsignal.PublicKey): Promise<boolean> {
    return this.#keepError(() => {
      const identityKey = IdentityPublicKey.parse(key.serialize());
      const deviceId = deviceOf(address);
      if (identityKey === undefined || !this.#party.isIdentityOf(deviceId, identityKey)) return false;
      this.#seenIdentities.set(deviceId, key);
      return true;
    });
  }

  async saveIdentity(): Promise<libsignal.IdentityChange> {
    return libsignal.IdentityChange.NewOrUnchanged;
  }

  getIdentity(address: libsignal.ProtocolAddress): Promise<libsignal.PublicKey | null> {
    return this.#keepError(() => this.#seenIdentities.get(deviceOf(address)) ?? null);
  }

  getPreKey(id: number): Promise<libsignal.PreKeyRecord> {
    return this.#keepError(() => {
      const record = known(this.#unit.loadPreKey(known(parsePreKeyId(id))));
      return libsignal.PreKeyRecord.deserialize(record.unwrap());
    });
  }

  removePreKey(id: number): Promise<void> {
    return this.#keepError(() => this.#unit.removePreKey(known(parsePreKeyId(id))));
  }

  getSignedPreKey(id: number): Promise<libsignal.SignedPreKeyRecord> {
    return this.#keepError(() => {
      const record = known(this.#unit.loadSignedPreKey(known(parsePreKeyId(id))));
      return libsignal.SignedPreKeyRecord.deserialize(record.unwrap());
    });
  }

  getKyberPreKey(id: number): Promise<libsignal.KyberPreKeyRecord> {
    return this.#keepError(() => {
      const { record } = known(this.#unit.loadKyberPreKey(known(parsePreKeyId(id))));
      return libsignal.KyberPreKeyRecord.deserialize(record.unwrap());
    });
  }

  /** A one-time key is gone with its use; the first message that used a last-resort key is remembered (SPEC §5.6). */
  markKyberPreKeyUsed(id: number, signedId: number, key: libsignal.PublicKey): Promise<void> {
    return this.#keepError(() => {
      const kyberPreKeyId = known(parsePreKeyId(id));
      if (known(this.#unit.loadKyberPreKey(kyberPreKeyId)).use === 'oneTime') {
        this.#unit.removeKyberPreKey(kyberPreKeyId);
        return;
      }
      const baseKey = BaseKey.parse(key.serialize());
      if (baseKey === undefined) throw new Refused('invalid');
      const mark = { kyberPreKeyId, signedPreKeyId: known(parsePreKeyId(signedId)), baseKey };
      if (this.#unit.hasReplayMark(mark)) throw new Refused('replayedFirstMessage');
      this.#unit.addReplayMark(mark);
    });
  }

  getExistingSessions(): Promise<libsignal.SessionRecord[]> {
    return this.#keepError(() => unexpected('getExistingSessions'));
  }

  savePreKey(): Promise<void> {
    return this.#keepError(() => unexpected('savePreKey'));
  }

  saveSignedPreKey(): Promise<void> {
    return this.#keepError(() => unexpected('saveSignedPreKey'));
  }

  saveKyberPreKey(): Promise<void> {
    return this.#keepError(() => unexpected('saveKyberPreKey'));
  }

  async #keepError<Value>(work: () => Value): Promise<Value> {
    try {
      return work();
    } catch (error) {
      this.#firstError ??= { error };
      throw error;
    }
  }

  #takeRefusal(): LibsignalFailure | undefined {
    if (this.#firstError === undefined) return undefined;
    const { error } = this.#firstError;
    if (error instanceof Refused) return error.failure;
    throw error;
  }
}

/** Prekeys are made and stored by `prekey/`, and sessions are read one at a time. */
const unexpected = (method: string): never => {
  throw new Error(`libsignal called ${method}, to which no operation here leads.`);
};

/** libsignal asks for no other addresses than those that it was given. */
const deviceOf = (address: libsignal.ProtocolAddress): DeviceId =>
  deviceIdAt(address) ?? unexpected('a store for an address that no device has');

/** What a peer's first message names and the own state has no longer, or never had. */
const known = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Refused('unknownPreKey');
  return value;
};

const FAILURES: Readonly<Record<number, LibsignalFailure>> = {
  [libsignal.ErrorCode.DuplicatedMessage]: 'duplicate',
  [libsignal.ErrorCode.UntrustedIdentity]: 'untrustedIdentity',
};

/**
 * What an error of libsignal says, told by its number: its class belongs to whoever loaded the addon first, and its text is
 * for people.
 */
const failureOf = (error: unknown): LibsignalFailure =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? (FAILURES[error.code] ?? 'invalid')
    : 'invalid';
