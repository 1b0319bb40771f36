import {
  expiredPreKeys,
  isRotationDue,
  parsePreKeyId,
  refillCount,
  type DatedPreKey,
  type IdentityPrivateKey,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import type { PreKeyCounts } from '@sotto/protocol/wire';
import type { Clock } from '../net/clock.js';
import type { AccountApi } from '../net/types.js';
import { makePreKeys, uploadOf } from './new-pre-keys.js';
import type {
  DatedPreKeyRecord,
  NewPreKeys,
  PreKeyEvent,
  PreKeyPublication,
  PreKeyStore,
  PreKeyUpkeep,
} from './types.js';

const DAY_MS = 24 * 3_600_000;
/** A server that always claims to be empty would otherwise fill the disk with keys that nobody asks for. */
const REFILL_PAUSE_MS = 3_600_000;
const IDS = 0xffffff;

export interface PreKeyPublisherParts {
  readonly api: AccountApi;
  readonly store: PreKeyStore;
  readonly atomically: <T>(work: () => T) => T;
  readonly identityKey: IdentityPrivateKey;
  readonly registrationId: number;
  readonly clock: Clock;
  readonly log: (event: PreKeyEvent) => void;
}

/** Ids count up and begin anew at their end, so "after" is within half of the circle; the clock has no say in it. */
const isAfter = (id: number, other: number): boolean => {
  const distance = (id - other + IDS) % IDS;
  return distance > 0 && distance < IDS / 2;
};

/** The newest key that was stored for a publication of which no answer is known. */
const findUnpublished = (
  keys: readonly DatedPreKeyRecord[],
  publishedId: number | undefined,
): DatedPreKeyRecord | undefined =>
  keys
    .filter(({ id }) => publishedId === undefined || isAfter(id, publishedId))
    .reduce<DatedPreKeyRecord | undefined>(
      (newest, key) => (newest === undefined || isAfter(key.id, newest.id) ? key : newest),
      undefined,
    );

const datedKey = (id: number, createdAt: UnixMs): DatedPreKey[] => {
  const parsed = parsePreKeyId(id);
  return parsed === undefined ? [] : [{ id: parsed, createdAt }];
};

/** Keeps the server's stock of this device's prekeys filled and fresh. Private halves are stored before public ones leave. */
export class PreKeyPublisher implements PreKeyUpkeep {
  readonly #parts: PreKeyPublisherParts;
  #underWay: Promise<void> | undefined;
  #cancelDaily: (() => void) | undefined;
  #refilledAt: UnixMs | undefined;

  constructor(parts: PreKeyPublisherParts) {
    this.#parts = parts;
  }

  run(): Promise<void> {
    this.#underWay ??= this.#upkeep().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  start(): void {
    this.#cancelDaily?.();
    this.#cancelDaily = this.#parts.clock.after(DAY_MS, () => {
      this.run().catch((error: unknown) => this.#parts.log({ event: 'failed', error }));
      this.start();
    });
  }

  stop(): void {
    this.#cancelDaily?.();
    this.#cancelDaily = undefined;
  }

  async #upkeep(): Promise<void> {
    const { api, store, log } = this.#parts;
    const counts = await api.call('preKeyCounts', {});
    if (counts.outcome !== 'ok') return;
    const due = this.#due(counts.value);
    if (due === undefined) {
      this.#deleteReplaced();
      return;
    }
    const { registrationId } = this.#parts;
    const named = counts.value.wantsAll === true ? { registrationId } : {};
    const answer = await api.call('publishPreKeys', { body: { ...uploadOf(due, this.#parts), ...named } });
    if (answer.outcome !== 'ok') {
      log({ event: 'notPublished', code: answer.outcome === 'refused' ? answer.code : answer.reason });
      return;
    }
    const [signed] = due.signed;
    const [lastResort] = due.kyberLastResort;
    this.#parts.atomically(() => {
      if (signed !== undefined && lastResort !== undefined) {
        store.savePublication(publicationOf(signed.id, lastResort.id, this.#parts.clock.now()));
      }
      this.#deleteReplaced();
    });
    log({
      event: 'published',
      oneTime: due.oneTime.length,
      kyberOneTime: due.kyberOneTime.length,
      rotated: signed !== undefined,
    });
  }

  /** What is to be uploaded, already stored; `undefined` where nothing is due. */
  #due(counts: PreKeyCounts): NewPreKeys | undefined {
    const { store, clock, identityKey, atomically } = this.#parts;
    const now = clock.now();
    const refill = this.#refill(counts, now);
    const rotation = this.#rotation(now, { isWanted: counts.wantsAll === true });
    if (refill === undefined && rotation === undefined) return undefined;
    const order = {
      oneTime: refill?.oneTime ?? 0,
      kyberOneTime: refill?.kyberOneTime ?? 0,
      signed: rotation !== undefined && rotation.signed === undefined,
      lastResort: rotation !== undefined && rotation.lastResort === undefined,
    };
    return atomically(() => {
      const made = makePreKeys(order, store, { identityKey, now });
      store.add(made);
      return {
        ...made,
        signed: rotation?.signed === undefined ? made.signed : [rotation.signed],
        kyberLastResort: rotation?.lastResort === undefined ? made.kyberLastResort : [rotation.lastResort],
      };
    });
  }

  #refill(
    { oneTimePreKeys, oneTimeKyberPreKeys }: PreKeyCounts,
    now: UnixMs,
  ): { readonly oneTime: number; readonly kyberOneTime: number } | undefined {
    if (this.#refilledAt !== undefined && Math.abs(now - this.#refilledAt) < REFILL_PAUSE_MS) return undefined;
    const wanted = { oneTime: refillCount(oneTimePreKeys), kyberOneTime: refillCount(oneTimeKyberPreKeys) };
    if (wanted.oneTime === 0 && wanted.kyberOneTime === 0) return undefined;
    this.#refilledAt = now;
    return wanted;
  }

  /**
   * `undefined` where no rotation is due; otherwise the keys that an earlier attempt stored. The server may have taken those
   * although its answer was lost: published again, they are the same keys.
   */
  #rotation(
    now: UnixMs,
    { isWanted }: { readonly isWanted: boolean },
  ):
    { readonly signed: DatedPreKeyRecord | undefined; readonly lastResort: DatedPreKeyRecord | undefined } | undefined {
    const { store } = this.#parts;
    const publication = store.findPublication();
    const newest = publication && datedKey(publication.signedPreKeyId, publication.publishedAt)[0];
    if (!isWanted && !isRotationDue(newest, now)) return undefined;
    return {
      signed: findUnpublished(store.listSigned(), publication?.signedPreKeyId),
      lastResort: findUnpublished(store.listLastResort(), publication?.lastResortKyberPreKeyId),
    };
  }

  #deleteReplaced(): void {
    const { store, clock } = this.#parts;
    const publication = store.findPublication();
    if (publication === undefined) return;
    const expired = (keys: readonly DatedPreKeyRecord[], publishedId: number) =>
      expiredPreKeys(
        keys.filter(({ id }) => !isAfter(id, publishedId)).flatMap(({ id, createdAt }) => datedKey(id, createdAt)),
        clock.now(),
      );
    const signed = expired(store.listSigned(), publication.signedPreKeyId);
    const lastResort = expired(store.listLastResort(), publication.lastResortKyberPreKeyId);
    if (signed.length > 0 || lastResort.length > 0) store.deleteReplaced({ signed, lastResort });
  }
}

/** What the server gives out from `publishedAt` on. */
export const publicationOf = (
  signedPreKeyId: number,
  lastResortKyberPreKeyId: number,
  publishedAt: UnixMs,
): PreKeyPublication => ({ signedPreKeyId, lastResortKyberPreKeyId, publishedAt });
