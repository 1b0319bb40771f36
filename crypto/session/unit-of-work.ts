import type { DeviceId } from '@sotto/protocol/ids';
import { RatchetSession } from '../backend/ratchet-session.js';
import type { PreKeyId, PreKeyRecord, SignedPreKeyRecord } from '../keys.js';
import type { DurableState, KyberPreKey, RatchetState, ReplayMark, StateChanges } from '../store.js';

/** How a part of a unit ended: what it changed is kept or dropped, its value is returned either way. */
export interface PartResult<Value> {
  readonly keep: boolean;
  readonly value: Value;
}

/** What a flush came to. `conflict`: another unit committed one of its replay marks first; nothing was written. */
export type FlushOutcome = 'committed' | 'conflict';

const markKey = ({ kyberPreKeyId, signedPreKeyId, baseKey }: ReplayMark): string =>
  `${kyberPreKeyId}:${signedPreKeyId}:${baseKey.join()}`;

/** An asynchronous effect would run on after COMMIT: its failure could undo nothing. */
const runSynchronously = (effects: () => unknown): void => {
  if (effects() instanceof Promise) throw new TypeError('The effects of a unit of work must be synchronous.');
};

/** What lies below a unit: durable state with its sessions in hand, or another unit. */
interface UnitBase extends Omit<RatchetState, 'loadSession'> {
  loadSession(deviceId: DeviceId): RatchetSession | undefined;
}

interface UnitChanges extends Omit<StateChanges, 'sessions'> {
  readonly sessions: ReadonlyMap<DeviceId, RatchetSession | undefined>;
}

const baseOf = (state: DurableState): UnitBase => ({
  loadSession: (deviceId) => {
    const record = state.loadSession(deviceId);
    return record && RatchetSession.ofRecord(record);
  },
  loadPreKey: (id) => state.loadPreKey(id),
  loadSignedPreKey: (id) => state.loadSignedPreKey(id),
  loadKyberPreKey: (id) => state.loadKyberPreKey(id),
  hasReplayMark: (mark) => state.hasReplayMark(mark),
});

/** Reads through to what lies below and keeps every change to itself, deletions as tombstones, until it is kept. */
export class RatchetUnit implements UnitBase {
  readonly #below: UnitBase;
  readonly #sessions = new Map<DeviceId, RatchetSession | undefined>();
  readonly #usedPreKeys = new Set<PreKeyId>();
  readonly #usedKyberPreKeys = new Set<PreKeyId>();
  readonly #replayMarks = new Map<string, ReplayMark>();
  #state: 'open' | 'inPart' | 'ended' = 'open';

  protected constructor(below: UnitBase) {
    this.#below = below;
  }

  loadSession(deviceId: DeviceId): RatchetSession | undefined {
    this.#assertReadable();
    return this.#sessions.has(deviceId) ? this.#sessions.get(deviceId) : this.#below.loadSession(deviceId);
  }

  loadPreKey(id: PreKeyId): PreKeyRecord | undefined {
    this.#assertReadable();
    return this.#usedPreKeys.has(id) ? undefined : this.#below.loadPreKey(id);
  }

  loadSignedPreKey(id: PreKeyId): SignedPreKeyRecord | undefined {
    this.#assertReadable();
    return this.#below.loadSignedPreKey(id);
  }

  loadKyberPreKey(id: PreKeyId): KyberPreKey | undefined {
    this.#assertReadable();
    return this.#usedKyberPreKeys.has(id) ? undefined : this.#below.loadKyberPreKey(id);
  }

  hasReplayMark(mark: ReplayMark): boolean {
    this.#assertReadable();
    return this.#replayMarks.has(markKey(mark)) || this.#below.hasReplayMark(mark);
  }

  saveSession(deviceId: DeviceId, session: RatchetSession): void {
    this.#assertWritable();
    this.#sessions.set(deviceId, session);
  }

  deleteSession(deviceId: DeviceId): void {
    this.#assertWritable();
    this.#sessions.set(deviceId, undefined);
  }

  removePreKey(id: PreKeyId): void {
    this.#assertWritable();
    this.#usedPreKeys.add(id);
  }

  removeKyberPreKey(id: PreKeyId): void {
    this.#assertWritable();
    this.#usedKyberPreKeys.add(id);
  }

  addReplayMark(mark: ReplayMark): void {
    this.#assertWritable();
    this.#replayMarks.set(markKey(mark), mark);
  }

  /**
   * Runs `work` in a part of its own, which may fail without harm to the rest: libsignal leaves changes behind when it
   * refuses a message. Nothing of the part is kept where `work` throws. Parts do not overlap: two would read one ratchet
   * counter, and both write it.
   */
  async inPart<Value>(work: (part: RatchetUnit) => Promise<PartResult<Value>>): Promise<Value> {
    this.#assertWritable();
    const part = new RatchetUnit(this);
    this.#state = 'inPart';
    try {
      const { keep, value } = await work(part);
      const changes = part.end();
      if (keep) this.#take(changes);
      return value;
    } finally {
      part.#state = 'ended';
      this.#state = 'open';
    }
  }

  /** Ends the unit: a later use is a fault of ours, not of a peer, and throws. */
  protected end(): UnitChanges {
    this.#assertWritable();
    this.#state = 'ended';
    return {
      sessions: this.#sessions,
      usedPreKeys: this.#usedPreKeys,
      usedKyberPreKeys: this.#usedKyberPreKeys,
      replayMarks: [...this.#replayMarks.values()],
    };
  }

  #take({ sessions, usedPreKeys, usedKyberPreKeys, replayMarks }: UnitChanges): void {
    for (const [deviceId, session] of sessions) this.#sessions.set(deviceId, session);
    for (const id of usedPreKeys) this.#usedPreKeys.add(id);
    for (const id of usedKyberPreKeys) this.#usedKyberPreKeys.add(id);
    for (const mark of replayMarks) this.#replayMarks.set(markKey(mark), mark);
  }

  #assertReadable(): void {
    if (this.#state === 'ended') throw new Error('A unit of work was used after it had ended.');
  }

  #assertWritable(): void {
    this.#assertReadable();
    if (this.#state === 'inPart') throw new Error('A unit of work was changed beside its open part.');
  }
}

/** Everything that one visit to the lane changes, committed once or not at all. */
export class UnitOfWork extends RatchetUnit {
  readonly #state: DurableState;

  private constructor(state: DurableState) {
    super(baseOf(state));
    this.#state = state;
  }

  static begin(state: DurableState): UnitOfWork {
    return new UnitOfWork(state);
  }

  /**
   * Commits the changes and `effects` in one synchronous transaction and ends the unit. Throws what the store or `effects`
   * threw; then nothing was written.
   */
  flush(effects: () => void): FlushOutcome {
    const { sessions, ...rest } = this.end();
    const records = Array.from(sessions, ([deviceId, session]) => [deviceId, session?.record] as const);
    const changes: StateChanges = { ...rest, sessions: new Map(records) };
    try {
      this.#state.commit(changes, () => runSynchronously(effects));
    } catch (error) {
      // The rollback has undone our own marks: one that is there now is another unit's.
      if (changes.replayMarks.some((mark) => this.#state.hasReplayMark(mark))) return 'conflict';
      throw error;
    }
    return 'committed';
  }
}
