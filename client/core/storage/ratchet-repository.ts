import {
  KyberPreKeyRecord,
  PreKeyRecord,
  SessionRecord,
  SignedPreKeyRecord,
  type DurableState,
  type KyberPreKey,
  type LocalIdentity,
  type PreKeyId,
  type ReplayMark,
  type StateChanges,
} from '@sotto/crypto';
import { idBytes, type DeviceId } from '@sotto/protocol/ids';
import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';

interface RatchetRepositoryParts {
  readonly database: ProfileDatabase;
  readonly identity: LocalIdentity;
  /** One-time keys have been used: the server may be running out of them. Called after the commit. */
  readonly onPreKeysUsed: () => void;
}

/** The ratchets of this device. What one unit of work changes is committed together with what it was done for, or not at all. */
export class RatchetRepository implements DurableState {
  readonly #database: ProfileDatabase;
  readonly #identity: LocalIdentity;
  readonly #onPreKeysUsed: () => void;

  constructor({ database, identity, onPreKeysUsed }: RatchetRepositoryParts) {
    this.#database = database;
    this.#identity = identity;
    this.#onPreKeysUsed = onPreKeysUsed;
  }

  localIdentity(): LocalIdentity {
    return this.#identity;
  }

  loadSession(deviceId: DeviceId): SessionRecord | undefined {
    const row = this.#database.get('SELECT record FROM session WHERE device_id = ?', [idBytes(deviceId)]);
    return row === undefined ? undefined : SessionRecord.of(column.bytes(row, 'record'));
  }

  loadPreKey(id: PreKeyId): PreKeyRecord | undefined {
    const row = this.#database.get('SELECT record FROM pre_key WHERE id = ?', [id]);
    return row === undefined ? undefined : PreKeyRecord.of(column.bytes(row, 'record'));
  }

  loadSignedPreKey(id: PreKeyId): SignedPreKeyRecord | undefined {
    const row = this.#database.get('SELECT record FROM signed_pre_key WHERE id = ?', [id]);
    return row === undefined ? undefined : SignedPreKeyRecord.of(column.bytes(row, 'record'));
  }

  loadKyberPreKey(id: PreKeyId): KyberPreKey | undefined {
    const row = this.#database.get('SELECT record, last_resort_since FROM kyber_pre_key WHERE id = ?', [id]);
    if (row === undefined) return undefined;
    const isOneTime = column.optional(row, 'last_resort_since', column.integer) === undefined;
    return { record: KyberPreKeyRecord.of(column.bytes(row, 'record')), use: isOneTime ? 'oneTime' : 'lastResort' };
  }

  hasReplayMark({ kyberPreKeyId, signedPreKeyId, baseKey }: ReplayMark): boolean {
    const sql = 'SELECT 1 FROM replay_mark WHERE base_key = ? AND kyber_pre_key_id = ? AND signed_pre_key_id = ?';
    return this.#database.get(sql, [baseKey, kyberPreKeyId, signedPreKeyId]) !== undefined;
  }

  commit(changes: StateChanges, effects: () => void): void {
    this.#database.atomically(() => {
      this.#saveSessions(changes.sessions);
      for (const id of changes.usedPreKeys) this.#database.run('DELETE FROM pre_key WHERE id = ?', [id]);
      for (const id of changes.usedKyberPreKeys) this.#database.run('DELETE FROM kyber_pre_key WHERE id = ?', [id]);
      for (const { kyberPreKeyId, signedPreKeyId, baseKey } of changes.replayMarks) {
        this.#database.run('INSERT INTO replay_mark VALUES (?, ?, ?)', [kyberPreKeyId, signedPreKeyId, baseKey]);
      }
      if (changes.usedPreKeys.size + changes.usedKyberPreKeys.size > 0) this.#database.afterCommit(this.#onPreKeysUsed);
      effects();
    });
  }

  #saveSessions(sessions: StateChanges['sessions']): void {
    for (const [deviceId, record] of sessions) {
      if (record === undefined) this.#database.run('DELETE FROM session WHERE device_id = ?', [idBytes(deviceId)]);
      else this.#database.run('INSERT OR REPLACE INTO session VALUES (?, ?)', [idBytes(deviceId), record.unwrap()]);
    }
  }
}
