import { createHash } from 'node:crypto';
import Database from '@signalapp/sqlcipher';
import {
  IdentityPrivateKey,
  identityKeyPairOf,
  deviceIdOf,
  KyberPreKeyRecord,
  parseRegistrationId,
  PreKeyRecord,
  SessionRecord,
  SignedPreKeyRecord,
  type DeviceKeys,
  type DurableState,
  type KyberPreKey,
  type LocalIdentity,
  type PreKeyId,
  type ReplayMark,
  type StateChanges,
} from '@sotto/crypto';
import { idBytes, type DeviceId } from '@sotto/protocol/ids';

type SqlValue = string | number | Uint8Array<ArrayBuffer>;
type Row = Readonly<Record<string, unknown>>;

/** What the state is about to do, or has just done, told at once. */
export type StateEvent = 'state.read' | 'commit.begun' | 'commit.changed' | 'commit.effects' | 'commit.done';

const SCHEMA = `
CREATE TABLE identity (only INTEGER PRIMARY KEY CHECK (only = 1), private_key BLOB NOT NULL, registration_id INTEGER NOT NULL) STRICT;
CREATE TABLE session (device_id BLOB PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE pre_key (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE signed_pre_key (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE kyber_pre_key (id INTEGER PRIMARY KEY, record BLOB NOT NULL, last_resort INTEGER NOT NULL) STRICT;
CREATE TABLE replay_mark (
  kyber_pre_key_id INTEGER NOT NULL, signed_pre_key_id INTEGER NOT NULL, base_key BLOB NOT NULL,
  PRIMARY KEY (base_key, kyber_pre_key_id, signed_pre_key_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT NOT NULL, sender BLOB NOT NULL, account BLOB NOT NULL, answered INTEGER NOT NULL) STRICT;
CREATE TABLE outbox (envelope_id TEXT PRIMARY KEY, device_id TEXT NOT NULL, ciphertext BLOB NOT NULL) STRICT;
-- A row whose chat is missing is found at COMMIT: the one failure that nothing before it shows.
CREATE TABLE chat (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE chat_message (chat INTEGER NOT NULL REFERENCES chat (id) DEFERRABLE INITIALLY DEFERRED) STRICT;
`;

const TABLES = [
  ...['session', 'pre_key', 'signed_pre_key', 'kyber_pre_key', 'replay_mark'],
  ...['message', 'outbox', 'chat', 'chat_message'],
];

const bytesIn = (row: Row, name: string): Uint8Array<ArrayBuffer> => {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw new Error(`${name} holds no bytes.`);
  return new Uint8Array(value);
};

const numberIn = (row: Row, name: string): number => {
  const value = row[name];
  if (typeof value !== 'number') throw new Error(`${name} holds no number.`);
  return value;
};

const open = (path: string): Database => {
  const database = new Database(path, { cacheStatements: true });
  database.pragma(`key = "x'${'5a'.repeat(32)}'"`);
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'busy_timeout = 5000']) {
    database.pragma(pragma);
  }
  return database;
};

/** The state of one device in an encrypted database, with the few tables of an application beside it. */
export class SqlcipherState implements DurableState {
  readonly #database: Database;
  readonly #identity: LocalIdentity;
  readonly #onEvent: (event: StateEvent) => void;

  private constructor(database: Database, onEvent: (event: StateEvent) => void) {
    this.#database = database;
    this.#onEvent = onEvent;
    const row = this.all('SELECT * FROM identity')[0];
    const registrationId = row && parseRegistrationId(numberIn(row, 'registration_id'));
    if (row === undefined || registrationId === undefined) throw new Error('The database has no identity.');
    const identityKeyPair = identityKeyPairOf(IdentityPrivateKey.of(bytesIn(row, 'private_key')));
    this.#identity = { deviceId: deviceIdOf(identityKeyPair.publicKey), registrationId, identityKeyPair };
  }

  static create(path: string, { identityKeyPair, registrationId }: DeviceKeys): SqlcipherState {
    const database = open(path);
    database.exec(SCHEMA);
    database
      .prepare('INSERT INTO identity VALUES (1, ?, ?)')
      .run([identityKeyPair.privateKey.unwrap(), registrationId]);
    return new SqlcipherState(database, () => undefined);
  }

  /** Opens what `create` made, in any process. `onEvent` may throw, and may end the process. */
  static open(path: string, onEvent: (event: StateEvent) => void = () => undefined): SqlcipherState {
    return new SqlcipherState(open(path), onEvent);
  }

  close(): void {
    this.#database.close();
  }

  all(sql: string, parameters: readonly SqlValue[] = []): readonly Row[] {
    return this.#database.prepare(sql).all([...parameters]);
  }

  run(sql: string, parameters: readonly SqlValue[] = []): void {
    this.#database.prepare(sql).run([...parameters]);
  }

  localIdentity(): LocalIdentity {
    return this.#identity;
  }

  loadSession(deviceId: DeviceId): SessionRecord | undefined {
    const row = this.#find('SELECT record FROM session WHERE device_id = ?', [idBytes(deviceId)]);
    return row && SessionRecord.of(bytesIn(row, 'record'));
  }

  loadPreKey(id: PreKeyId): PreKeyRecord | undefined {
    const row = this.#find('SELECT record FROM pre_key WHERE id = ?', [id]);
    return row && PreKeyRecord.of(bytesIn(row, 'record'));
  }

  loadSignedPreKey(id: PreKeyId): SignedPreKeyRecord | undefined {
    const row = this.#find('SELECT record FROM signed_pre_key WHERE id = ?', [id]);
    return row && SignedPreKeyRecord.of(bytesIn(row, 'record'));
  }

  loadKyberPreKey(id: PreKeyId): KyberPreKey | undefined {
    const row = this.#find('SELECT record, last_resort FROM kyber_pre_key WHERE id = ?', [id]);
    if (row === undefined) return undefined;
    const use = numberIn(row, 'last_resort') === 1 ? 'lastResort' : 'oneTime';
    return { record: KyberPreKeyRecord.of(bytesIn(row, 'record')), use };
  }

  hasReplayMark({ kyberPreKeyId, signedPreKeyId, baseKey }: ReplayMark): boolean {
    const sql = 'SELECT 1 FROM replay_mark WHERE base_key = ? AND kyber_pre_key_id = ? AND signed_pre_key_id = ?';
    return this.#find(sql, [baseKey, kyberPreKeyId, signedPreKeyId]) !== undefined;
  }

  commit(changes: StateChanges, effects: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#onEvent('commit.begun');
      this.#apply(changes);
      this.#onEvent('commit.changed');
      effects();
      this.#onEvent('commit.effects');
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
    this.#onEvent('commit.done');
  }

  /** SHA-256 of every row of every table. */
  hash(): string {
    const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value));
    const rows = TABLES.flatMap((table) =>
      this.all(`SELECT * FROM ${table}`).map((row) => [table, ...Object.values(row).map(text)].join('|')),
    );
    return createHash('sha256').update(rows.sort().join('\n')).digest('hex');
  }

  #find(sql: string, parameters: readonly SqlValue[]): Row | undefined {
    this.#onEvent('state.read');
    return this.#database.prepare(sql).get([...parameters]);
  }

  #apply({ sessions, usedPreKeys, usedKyberPreKeys, replayMarks }: StateChanges): void {
    for (const [deviceId, record] of sessions) {
      if (record === undefined) this.run('DELETE FROM session WHERE device_id = ?', [idBytes(deviceId)]);
      else this.run('INSERT OR REPLACE INTO session VALUES (?, ?)', [idBytes(deviceId), record.unwrap()]);
    }
    for (const id of usedPreKeys) this.run('DELETE FROM pre_key WHERE id = ?', [id]);
    for (const id of usedKyberPreKeys) this.run('DELETE FROM kyber_pre_key WHERE id = ?', [id]);
    for (const { kyberPreKeyId, signedPreKeyId, baseKey } of replayMarks) {
      this.run('INSERT INTO replay_mark VALUES (?, ?, ?)', [kyberPreKeyId, signedPreKeyId, baseKey]);
    }
  }
}
