import { BridgeError } from '@sotto/client/bridge';
import {
  constantTimeEqual,
  deriveAccountRoot,
  deriveRecoveryBlobAccess,
  epochAfter,
  listHash,
  parseRecoveryKey,
  recoveryFetchVerifier,
  RecoverySeed,
  recoverySeedWrapping,
  signFirstList,
  signRootChange,
  type RandomSource,
  type RootChangeAuthority,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import { NewRootRequest } from '@sotto/protocol/wire';
import { failureOf } from '../account/failure.js';
import type { AccountRecord, AccountStore, Atomically } from '../account/types.js';
import { purgeKeys, type OpenedKeys, type WrappedKeys } from '../account/wrapped-keys.js';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore, PeerDevices } from '../devices/types.js';
import { BackgroundWork, type Step } from '../history/background-work.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi, Away, Refused } from '../net/types.js';
import { openKeys, type WithLinkKey } from './opened-keys.js';
import type { NewRootRecord, NewRootStore, RecoveryKitStore } from './records.js';
import { recoveryBlobOf, rootOf } from './sealed-blob.js';

const LONGEST_WAIT_MS = 15 * 60_000;

export interface NewRootParts {
  readonly accounts: AccountStore;
  readonly wrappedKeys: WrappedKeys;
  readonly pins: DevicePinStore;
  readonly devices: Pick<PeerDevices, 'refresh'>;
  readonly newRoots: NewRootStore;
  readonly kit: RecoveryKitStore;
  readonly atomically: Atomically;
  readonly api: AccountApi;
  readonly storageRecordVersion: () => number;
  readonly serverTime: Pick<Clock, 'now'>;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly log: CoreLog;
  /** The account has another recovery key. */
  readonly onReplaced: () => void;
}

const refusalOf = (result: Refused | Away): BridgeError => {
  if (result.outcome === 'refused') {
    if (['invalidDeviceList', 'deviceListConflict', 'invalidRecovery'].includes(result.code)) {
      return new BridgeError('devicesChanged');
    }
    if (['recoveryVetoed', 'accessDenied'].includes(result.code)) return new BridgeError('notNow');
  }
  const { code, params } = failureOf(result).failure;
  return new BridgeError(code, params);
};

/**
 * Puts the account under another recovery key, where the paper is lost or was copied. The seed of the new one waits under the
 * password until the server has taken the change; then it is a recovery kit that has to be confirmed like the first.
 */
export class NewRoot {
  readonly #parts: NewRootParts;
  readonly #work: BackgroundWork;

  constructor(parts: NewRootParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.#work = new BackgroundWork({ step: () => this.#step(), clock, log, name: 'newRoot' });
  }

  start(): void {
    this.#work.wake();
  }

  async stop(): Promise<void> {
    await this.#work.stop();
  }

  /** The same again goes on with a change that waits. Returns when the new key is the account's. */
  async replace(password: string, oldKey: string | undefined): Promise<{ readonly effectiveAt: UnixMs }> {
    const record = this.#record;
    const keys = await openKeys(this.#parts.wrappedKeys, password);
    try {
      await this.#prepare(record, keys, oldKey);
    } finally {
      purgeKeys(keys);
    }
    return this.#ask();
  }

  async #prepare(record: AccountRecord, keys: WithLinkKey, oldKey: string | undefined): Promise<void> {
    const before = oldKey === undefined ? undefined : parseOldKey(oldKey, record);
    const seed = this.#seedOf(keys);
    try {
      await this.#parts.devices.refresh(record.accountId);
      const authority: RootChangeAuthority =
        before === undefined
          ? { kind: 'linkKey', deviceId: record.deviceId, linkKey: keys.linkKey }
          : { kind: 'recoverySeed', seed: before };
      this.#store(record, { seed, keys, authority });
    } finally {
      seed.purge();
      before?.purge();
    }
  }

  /** One that waits keeps its name: notice has been given of it. */
  #seedOf(keys: OpenedKeys): RecoverySeed {
    const { newRoots, wrappedKeys, random } = this.#parts;
    const waiting = newRoots.find();
    return (waiting && wrappedKeys.unwrapSeed(waiting.wrappedSeed, keys)) ?? RecoverySeed.generate(random);
  }

  #store(
    record: AccountRecord,
    {
      seed,
      keys,
      authority,
    }: { readonly seed: RecoverySeed; readonly keys: OpenedKeys; readonly authority: RootChangeAuthority },
  ): void {
    const { pins, newRoots, random, serverTime, storageRecordVersion } = this.#parts;
    const { accountId } = record;
    const pin = pins.find(accountId);
    if (pin === undefined) throw new Error('the own device list is not pinned');
    const head = headOf(pin);
    const root = deriveAccountRoot(seed);
    const epoch = epochAfter(head.list.epoch, serverTime.now());
    const list = signFirstList(seed, { accountId, epoch, entries: head.list.entries });
    const place = { epoch, number: 0, hash: listHash(list.bytes) };
    const access = deriveRecoveryBlobAccess(seed);
    const request = NewRootRequest.encode({
      rootChange: signRootChange(seed, { accountId, oldRoot: rootOf(record.keys), authority }),
      list,
      access: { blobId: access.blobId, fetchSecretHash: recoveryFetchVerifier(access.fetchSecret) },
      blob: recoveryBlobOf(
        record,
        { ...record.keys, place, root, storageRecordVersion: storageRecordVersion() },
        random,
      ),
    });
    access.fetchSecret.purge();
    const wrappedSeed = recoverySeedWrapping.wrap(seed, keys.passwordKey, { owner: record, random });
    newRoots.save({ wrappedSeed, ...root, request: JSON.stringify(request), effectiveAt: undefined });
  }

  async #ask(): Promise<{ readonly effectiveAt: UnixMs }> {
    const { newRoots, api, clock } = this.#parts;
    const waiting = newRoots.find();
    if (waiting === undefined) throw new BridgeError('notNow');
    const body = NewRootRequest.parse(JSON.parse(waiting.request));
    const answer = await api.call('newRoot', { body });
    if (answer.outcome === 'refused' && answer.code === 'recoveryVetoed') newRoots.remove();
    if (answer.outcome !== 'ok') throw refusalOf(answer);
    if (answer.value.type === 'held') {
      newRoots.save({ ...waiting, effectiveAt: answer.value.until });
      this.#work.wake();
      return { effectiveAt: answer.value.until };
    }
    await this.#adopt(waiting);
    return { effectiveAt: clock.now() };
  }

  /** The account's own list, as this device verifies it, says that the root is another now. */
  async #adopt(waiting: NewRootRecord): Promise<void> {
    const { accounts, pins, devices, newRoots, kit, atomically } = this.#parts;
    await devices.refresh(this.#record.accountId);
    atomically(() => {
      const record = this.#record;
      const pin = pins.find(record.accountId);
      const isAdopted = pin !== undefined && constantTimeEqual(pin.accountIdentityKey, waiting.accountIdentityKey);
      if (!isAdopted) throw new BridgeError('notASottoServer');
      const { accountIdentityKey, recoveryPublicKey, wrappedSeed } = waiting;
      const root = { accountIdentityKey, recoveryPublicKey, wrappedRecoverySeed: wrappedSeed };
      accounts.save({ ...record, keys: { ...record.keys, ...root } });
      kit.ask([]);
      newRoots.remove();
    });
    this.#parts.onReplaced();
  }

  async #step(): Promise<Step> {
    const waiting = this.#parts.newRoots.find();
    if (waiting === undefined) return { next: 'idle' };
    const leftMs = (waiting.effectiveAt ?? 0) - this.#parts.clock.now();
    if (leftMs > 0) return { next: 'retry', afterMs: Math.min(leftMs, LONGEST_WAIT_MS) };
    try {
      await this.#ask();
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      // With devices that came or went since, the list has to be signed anew, which needs the password.
      return error.failure.code === 'serverAway' ? { next: 'retry' } : { next: 'idle' };
    }
    return { next: 'again' };
  }

  get #record(): AccountRecord {
    const record = this.#parts.accounts.find();
    if (record?.phase !== 'registered') throw new BridgeError('noAccount');
    return record;
  }
}

/** Throws unless this is the key of the account as it is now. */
const parseOldKey = (typed: string, { keys }: AccountRecord): RecoverySeed => {
  const verdict = parseRecoveryKey(typed);
  if (verdict.outcome !== 'valid') throw new BridgeError('recoveryKeyUnreadable');
  const { accountIdentityKey } = deriveAccountRoot(verdict.seed);
  if (constantTimeEqual<Uint8Array>(accountIdentityKey, keys.accountIdentityKey)) return verdict.seed;
  verdict.seed.purge();
  throw new BridgeError('recoveryKeyUnknown');
};
