import { beforeEach, describe, expect, it } from '@jest/globals';
import { RatchetSession } from '../backend/ratchet-session.js';
import { systemRandom } from '../backend/system-random.js';
import { generateDeviceKeys } from '../identity/device-keys.js';
import { BaseKey, KyberPreKeyRecord, PreKeyRecord, SessionRecord } from '../keys.js';
import { InjectedFailure, MemoryState } from '../testing/memory-state.js';
import { preKeyId } from '../testing/test-party.js';
import { UnitOfWork, type RatchetUnit } from './unit-of-work.js';

const session = (text: string) => RatchetSession.ofRecord(SessionRecord.of(Buffer.from(text)));
const textOf = (found: SessionRecord | RatchetSession | undefined) => {
  const record = found instanceof RatchetSession ? found.record : found;
  return record && Buffer.from(record.unwrap()).toString();
};
const noEffects = () => undefined;
const ONE = preKeyId(1);
const peer = generateDeviceKeys(systemRandom);
const mark = {
  kyberPreKeyId: ONE,
  signedPreKeyId: ONE,
  baseKey: BaseKey.of(peer.identityKeyPair.publicKey),
};

let state: MemoryState;
beforeEach(() => {
  state = new MemoryState(generateDeviceKeys(systemRandom));
  state.addPreKey(ONE, PreKeyRecord.of(Buffer.from('one-time')));
  state.addKyberPreKey(ONE, { record: KyberPreKeyRecord.of(Buffer.from('kyber')), use: 'oneTime' });
  const unit = UnitOfWork.begin(state);
  unit.saveSession(peer.deviceId, session('old'));
  unit.flush(noEffects);
});

/** Writes one of everything. */
const changeAll = (unit: RatchetUnit) => {
  unit.saveSession(peer.deviceId, session('new'));
  unit.removePreKey(ONE);
  unit.removeKyberPreKey(ONE);
  unit.addReplayMark(mark);
};

const view = (unit: RatchetUnit | MemoryState) => ({
  session: textOf(unit.loadSession(peer.deviceId)),
  preKey: unit.loadPreKey(ONE) !== undefined,
  kyberPreKey: unit.loadKyberPreKey(ONE) !== undefined,
  mark: unit.hasReplayMark(mark),
});
const OLD = { session: 'old', preKey: true, kyberPreKey: true, mark: false };
const NEW = { session: 'new', preKey: false, kyberPreKey: false, mark: true };

describe('a unit of work', () => {
  it('reads its own changes, and nobody else does before the flush', () => {
    const unit = UnitOfWork.begin(state);
    expect(view(unit)).toEqual(OLD);
    changeAll(unit);
    expect(view(unit)).toEqual(NEW);
    expect(view(state)).toEqual(OLD);
    expect(unit.flush(noEffects)).toBe('committed');
    expect(view(state)).toEqual(NEW);
  });

  it('hides a deleted session, and lets a later one take its place', () => {
    const unit = UnitOfWork.begin(state);
    unit.deleteSession(peer.deviceId);
    expect(unit.loadSession(peer.deviceId)).toBeUndefined();
    expect(view(state).session).toBe('old');
    unit.saveSession(peer.deviceId, session('later'));
    unit.flush(noEffects);
    expect(view(state).session).toBe('later');
  });

  it('deletes a session', () => {
    const unit = UnitOfWork.begin(state);
    unit.deleteSession(peer.deviceId);
    unit.flush(noEffects);
    expect(state.loadSession(peer.deviceId)).toBeUndefined();
  });

  it('writes its effects in the same transaction', () => {
    const unit = UnitOfWork.begin(state);
    changeAll(unit);
    const before = state.hash();
    const failing = () =>
      unit.flush(() => {
        state.rows.set('row', '1');
        throw new InjectedFailure('effects');
      });
    expect(failing).toThrow(InjectedFailure);
    expect(state.hash()).toBe(before);
  });

  it('refuses asynchronous effects, and writes nothing', () => {
    const unit = UnitOfWork.begin(state);
    changeAll(unit);
    const before = state.hash();
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what the check at run time is for
    expect(() => unit.flush(async () => undefined)).toThrow(TypeError);
    expect(state.hash()).toBe(before);
  });

  it('cannot be used after it has been flushed', () => {
    const unit = UnitOfWork.begin(state);
    unit.flush(noEffects);
    expect(() => unit.flush(noEffects)).toThrow('ended');
    expect(() => unit.loadSession(peer.deviceId)).toThrow('ended');
    expect(() => unit.loadPreKey(ONE)).toThrow('ended');
    expect(() => unit.loadSignedPreKey(ONE)).toThrow('ended');
    expect(() => unit.loadKyberPreKey(ONE)).toThrow('ended');
    expect(() => unit.hasReplayMark(mark)).toThrow('ended');
    expect(() => changeAll(unit)).toThrow('ended');
  });

  it('reports a conflict where another unit has committed the same replay mark, and writes nothing', () => {
    const first = UnitOfWork.begin(state);
    const second = UnitOfWork.begin(state);
    first.addReplayMark(mark);
    changeAll(second);
    expect(first.flush(noEffects)).toBe('committed');
    const before = state.hash();
    expect(second.flush(noEffects)).toBe('conflict');
    expect(state.hash()).toBe(before);
  });

  it('does not take another failure of the store for a conflict', () => {
    const unit = UnitOfWork.begin(state);
    changeAll(unit);
    state.failNextCommit('changes');
    expect(() => unit.flush(noEffects)).toThrow(InjectedFailure);
  });
});

describe('a part of a unit', () => {
  it('is kept or dropped as a whole', async () => {
    const unit = UnitOfWork.begin(state);
    const dropped = unit.inPart(async (part) => {
      changeAll(part);
      expect(view(part)).toEqual(NEW);
      expect(view(unit)).toEqual(OLD);
      return { keep: false, value: 'dropped' };
    });
    await expect(dropped).resolves.toBe('dropped');
    expect(view(unit)).toEqual(OLD);
    await unit.inPart(async (part) => {
      changeAll(part);
      return { keep: true, value: undefined };
    });
    expect(view(unit)).toEqual(NEW);
    expect(view(state)).toEqual(OLD);
    unit.flush(noEffects);
    expect(view(state)).toEqual(NEW);
  });

  it('keeps a deletion', async () => {
    const unit = UnitOfWork.begin(state);
    await unit.inPart(async (part) => {
      part.deleteSession(peer.deviceId);
      return { keep: true, value: undefined };
    });
    expect(unit.loadSession(peer.deviceId)).toBeUndefined();
  });

  it('leaves nothing behind when it throws, and the unit goes on', async () => {
    const unit = UnitOfWork.begin(state);
    const failing = unit.inPart(async (part) => {
      changeAll(part);
      throw new InjectedFailure('read');
    });
    await expect(failing).rejects.toThrow(InjectedFailure);
    expect(view(unit)).toEqual(OLD);
    changeAll(unit);
    unit.flush(noEffects);
    expect(view(state)).toEqual(NEW);
  });

  it('sees what an earlier part has kept', async () => {
    const unit = UnitOfWork.begin(state);
    await unit.inPart(async (part) => {
      part.saveSession(peer.deviceId, session('first'));
      return { keep: true, value: undefined };
    });
    await unit.inPart(async (part) => {
      expect(textOf(part.loadSession(peer.deviceId))).toBe('first');
      return { keep: false, value: undefined };
    });
  });

  it('is alone: the unit can be neither changed nor flushed nor parted meanwhile', async () => {
    const unit = UnitOfWork.begin(state);
    await unit.inPart(async () => {
      expect(() => changeAll(unit)).toThrow('beside its open part');
      expect(() => unit.flush(noEffects)).toThrow('beside its open part');
      await expect(unit.inPart(async () => ({ keep: true, value: undefined }))).rejects.toThrow('beside its open part');
      return { keep: true, value: undefined };
    });
  });

  it('cannot be used once it has ended', async () => {
    const unit = UnitOfWork.begin(state);
    const part = await unit.inPart(async (open) => ({ keep: true, value: open }));
    expect(() => part.loadSession(peer.deviceId)).toThrow('ended');
    expect(() => changeAll(part)).toThrow('ended');
  });
});
