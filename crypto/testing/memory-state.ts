import { createHash } from 'node:crypto';
import type { DeviceId } from '@sotto/protocol/ids';
import {
  KyberPreKeyRecord,
  PreKeyRecord,
  SessionRecord,
  SignedPreKeyRecord,
  type Bytes,
  type PreKeyId,
} from '../keys.js';
import type { DurableState, KyberPreKey, LocalIdentity, ReplayMark, StateChanges } from '../store.js';

/** Where a commit can be made to fail, and a process to die. `committed`: after COMMIT, before anybody hears of it. */
export type CommitPoint = 'begin' | 'changes' | 'effects' | 'committed';

/** A failure that a test asked for. */
export class InjectedFailure extends Error {
  override readonly name = 'InjectedFailure';
}

interface Tables {
  readonly sessions: Map<DeviceId, Bytes>;
  readonly preKeys: Map<PreKeyId, Bytes>;
  readonly signedPreKeys: Map<PreKeyId, Bytes>;
  readonly kyberPreKeys: Map<PreKeyId, { readonly record: Bytes; readonly use: KyberPreKey['use'] }>;
  readonly replayMarks: Set<string>;
  /** What the application keeps beside the ratchets: message, outbox, inbox rows, by a name of its own. */
  readonly rows: Map<string, string>;
}

const copyOf = (tables: Tables): Tables => ({
  sessions: new Map(tables.sessions),
  preKeys: new Map(tables.preKeys),
  signedPreKeys: new Map(tables.signedPreKeys),
  kyberPreKeys: new Map(tables.kyberPreKeys),
  replayMarks: new Set(tables.replayMarks),
  rows: new Map(tables.rows),
});

const emptyTables = (): Tables => ({
  sessions: new Map(),
  preKeys: new Map(),
  signedPreKeys: new Map(),
  kyberPreKeys: new Map(),
  replayMarks: new Set(),
  rows: new Map(),
});

const markText = ({ kyberPreKeyId, signedPreKeyId, baseKey }: ReplayMark): string =>
  [kyberPreKeyId, signedPreKeyId, Buffer.from(baseKey).toString('hex')].join('/');

/** A `DurableState` of maps: bytes only, so that what comes back is what storage would give back, and all or nothing. */
export class MemoryState implements DurableState {
  readonly #identity: LocalIdentity;
  #tables: Tables;
  #inTransaction = false;
  #failingCommit: CommitPoint | undefined;
  #readsUntilFailure = Infinity;
  reads = 0;

  constructor(identity: LocalIdentity, tables: Tables = emptyTables()) {
    this.#identity = identity;
    this.#tables = tables;
  }

  /** The same state as a process finds it that starts anew. */
  restarted(): MemoryState {
    return new MemoryState(this.#identity, copyOf(this.#tables));
  }

  /** Makes the next commit fail at `point`. */
  failNextCommit(point: CommitPoint): void {
    this.#failingCommit = point;
  }

  /** Makes the read after the next `reads` fail. */
  failReadAfter(reads: number): void {
    this.#readsUntilFailure = reads;
  }

  /** Takes back a failure that has not happened. */
  heal(): void {
    this.#failingCommit = undefined;
    this.#readsUntilFailure = Infinity;
  }

  localIdentity(): LocalIdentity {
    return this.#identity;
  }

  loadSession(deviceId: DeviceId): SessionRecord | undefined {
    const bytes = this.#read().sessions.get(deviceId);
    return bytes && SessionRecord.of(bytes);
  }

  loadPreKey(id: PreKeyId): PreKeyRecord | undefined {
    const bytes = this.#read().preKeys.get(id);
    return bytes && PreKeyRecord.of(bytes);
  }

  loadSignedPreKey(id: PreKeyId): SignedPreKeyRecord | undefined {
    const bytes = this.#read().signedPreKeys.get(id);
    return bytes && SignedPreKeyRecord.of(bytes);
  }

  loadKyberPreKey(id: PreKeyId): KyberPreKey | undefined {
    const row = this.#read().kyberPreKeys.get(id);
    return row && { record: KyberPreKeyRecord.of(row.record), use: row.use };
  }

  hasReplayMark(mark: ReplayMark): boolean {
    return this.#read().replayMarks.has(markText(mark));
  }

  commit(changes: StateChanges, effects: () => void): void {
    if (this.#inTransaction) throw new Error('A transaction was begun inside another.');
    const before = this.#tables;
    this.#tables = copyOf(before);
    this.#inTransaction = true;
    try {
      this.#failAt('begin');
      this.#apply(changes);
      this.#failAt('changes');
      effects();
      this.#failAt('effects');
    } catch (error) {
      this.#tables = before;
      throw error;
    } finally {
      this.#inTransaction = false;
    }
    this.#failAt('committed');
  }

  addPreKey(id: PreKeyId, record: PreKeyRecord): void {
    this.#tables.preKeys.set(id, record.unwrap().slice());
  }

  addSignedPreKey(id: PreKeyId, record: SignedPreKeyRecord): void {
    this.#tables.signedPreKeys.set(id, record.unwrap().slice());
  }

  addKyberPreKey(id: PreKeyId, { record, use }: KyberPreKey): void {
    this.#tables.kyberPreKeys.set(id, { record: record.unwrap().slice(), use });
  }

  /** Rows of the application; inside effects part of the transaction. */
  get rows(): Map<string, string> {
    return this.#tables.rows;
  }

  /** How many rows each table of the ratchets has. */
  get counts(): Readonly<Record<'sessions' | 'preKeys' | 'kyberPreKeys' | 'replayMarks', number>> {
    const { sessions, preKeys, kyberPreKeys, replayMarks } = this.#tables;
    return {
      sessions: sessions.size,
      preKeys: preKeys.size,
      kyberPreKeys: kyberPreKeys.size,
      replayMarks: replayMarks.size,
    };
  }

  /** SHA-256 of every row of every table. Two equal ones mean that nothing has changed. */
  hash(): string {
    const hash = createHash('sha256');
    const { sessions, preKeys, signedPreKeys, kyberPreKeys, replayMarks, rows } = this.#tables;
    const add = (table: string, row: readonly (string | number | Uint8Array)[]) => {
      hash.update(`\n${table}`);
      for (const column of row) {
        const bytes = typeof column === 'object' ? column : Buffer.from(String(column));
        hash.update(`|${bytes.length}:`).update(bytes);
      }
    };
    for (const row of [...sessions].sort()) add('session', row);
    for (const row of [...preKeys].sort()) add('pre_key', row);
    for (const row of [...signedPreKeys].sort()) add('signed_pre_key', row);
    for (const [id, { record, use }] of [...kyberPreKeys].sort()) add('kyber_pre_key', [id, record, use]);
    for (const mark of [...replayMarks].sort()) add('replay_mark', [mark]);
    for (const row of [...rows].sort()) add('row', row);
    return hash.digest('hex');
  }

  #read(): Tables {
    this.reads += 1;
    this.#readsUntilFailure -= 1;
    if (this.#readsUntilFailure < 0) {
      this.#readsUntilFailure = Infinity;
      throw new InjectedFailure('read');
    }
    return this.#tables;
  }

  #failAt(point: CommitPoint): void {
    if (this.#failingCommit !== point) return;
    this.#failingCommit = undefined;
    throw new InjectedFailure(point);
  }

  #apply(changes: StateChanges): void {
    for (const [deviceId, record] of changes.sessions) {
      if (record === undefined) this.#tables.sessions.delete(deviceId);
      else this.#tables.sessions.set(deviceId, record.unwrap().slice());
    }
    for (const id of changes.usedPreKeys) this.#tables.preKeys.delete(id);
    for (const id of changes.usedKyberPreKeys) this.#tables.kyberPreKeys.delete(id);
    for (const mark of changes.replayMarks) {
      const text = markText(mark);
      if (this.#tables.replayMarks.has(text)) throw new Error('UNIQUE constraint failed: replay_mark');
      this.#tables.replayMarks.add(text);
    }
  }
}
