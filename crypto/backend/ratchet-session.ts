import * as libsignal from '@signalapp/libsignal-client';
import type { UnixMs } from '@sotto/protocol/ids';
import { parseRegistrationId, SessionRecord, type RegistrationId } from '../keys.js';

/**
 * A session in hand. A batch of messages with one peer changes it many times and stores it once, so it is parsed and
 * serialised only when that is asked for. Never changes: every step of the ratchet makes another.
 */
export class RatchetSession {
  #native: libsignal.SessionRecord | undefined;
  #record: SessionRecord | undefined;

  private constructor(native: libsignal.SessionRecord | undefined, record: SessionRecord | undefined) {
    this.#native = native;
    this.#record = record;
  }

  /** A session as it was stored. */
  static ofRecord(record: SessionRecord): RatchetSession {
    return new RatchetSession(undefined, record);
  }

  /** A session as libsignal hands it over. */
  static ofNative(native: libsignal.SessionRecord): RatchetSession {
    return new RatchetSession(native, undefined);
  }

  /** For libsignal, which copies what it is given. Throws where the stored bytes are damaged. */
  get native(): libsignal.SessionRecord {
    this.#native ??= libsignal.SessionRecord.deserialize(this.record.unwrap());
    return this.#native;
  }

  /** For storage. */
  get record(): SessionRecord {
    this.#record ??= SessionRecord.of(this.native.serialize());
    return this.#record;
  }

  /** The registration id of the device that this session can be used to send to now; `undefined` where it cannot. */
  usableRegistrationId(now: UnixMs): RegistrationId | undefined {
    // Also false where the peer has not answered for 30 days: its prekeys may be gone by then.
    if (!this.native.hasCurrentState(new Date(now))) return undefined;
    return parseRegistrationId(this.native.remoteRegistrationId());
  }

  /** The session put away: it still decrypts what is on its way, and the next message begins a new one. */
  archived(): RatchetSession {
    const copy = libsignal.SessionRecord.deserialize(this.record.unwrap());
    copy.archiveCurrentState();
    return RatchetSession.ofNative(copy);
  }
}
