import {
  derivePasswordKeys,
  earlierPasswordKeyWrapping,
  linkKeyWrapping,
  recoverySeedWrapping,
  StretchSalt,
  type LinkKey,
  type Password,
  type PasswordKey,
  type PasswordKeys,
  type RandomSource,
  type RecoverySeed,
} from '@sotto/crypto';
import { CONTENT_LIMITS, type EarlierPasswordKey } from '@sotto/protocol/content';
import type { Bytes } from '@sotto/protocol/wire';
import type { Clock } from '../net/clock.js';
import type { AccountRecord, AccountStore, Atomically } from './types.js';

/** Password keys before the present one, each wrapped under the one that came after it (SPEC §9.2). */
export interface EarlierPasswordKeyStore {
  list(): readonly EarlierPasswordKey[];
  /** Part of a transaction. One that is there already changes nothing. */
  add(key: EarlierPasswordKey): void;
  remove(wrapped: Bytes): void;
  /** The server takes a password that does not open what is wrapped here. */
  readonly isClosed: boolean;
  setClosed(isClosed: boolean): void;
}

export interface WrappedKeysParts {
  readonly accounts: Pick<AccountStore, 'find' | 'save'>;
  readonly earlier: EarlierPasswordKeyStore;
  readonly atomically: Atomically;
  readonly random: RandomSource;
  readonly clock: Clock;
  /** An earlier key is to be told to the other devices. Part of a transaction. */
  readonly onEarlierKey: () => void;
}

/** What a password gives on this device. Whoever gets it purges it. */
export interface OpenedKeys extends PasswordKeys {
  /** Absent where the keys of this device are wrapped under another password. */
  readonly linkKey: LinkKey | undefined;
  /** Keys of passwords before, as far as this one opens them. */
  readonly earlier: readonly PasswordKey[];
  /** This device's keys are wrapped under one of these earlier ones still. */
  readonly isBehind: boolean;
}

export const purgeKeys = ({ authenticationSecret, passwordKey, linkKey, earlier }: OpenedKeys): void => {
  for (const secret of [authenticationSecret, passwordKey, linkKey, ...earlier]) secret?.purge();
};

/**
 * The keys of this device that only the password opens, whichever password it was when they were wrapped: one that was changed
 * on another device opens the one before it, by what that device has put into the storage record.
 */
export class WrappedKeys {
  readonly #parts: WrappedKeysParts;

  constructor(parts: WrappedKeysParts) {
    this.#parts = parts;
  }

  /** Asks nobody: whether the password is the account's, the server alone knows. Takes a stretch of time and memory. */
  async open(password: Password): Promise<OpenedKeys> {
    const { stretch } = this.#record;
    const keys = await derivePasswordKeys(password, { salt: StretchSalt.of(stretch.salt), cost: stretch.cost });
    const earlier = this.#earlierThan(keys.passwordKey);
    for (const [step, key] of [keys.passwordKey, ...earlier].entries()) {
      const linkKey = this.#unwrapLinkKey(key);
      if (linkKey !== undefined) return { ...keys, linkKey, earlier, isBehind: step > 0 };
    }
    return { ...keys, linkKey: undefined, earlier, isBehind: false };
  }

  /** A recovery seed that was wrapped when one of these passwords was the account's. */
  unwrapSeed(wrapped: Bytes, { passwordKey, earlier }: OpenedKeys): RecoverySeed | undefined {
    for (const key of [passwordKey, ...earlier]) {
      const verdict = recoverySeedWrapping.unwrap(wrapped, key, this.#record);
      if (verdict.outcome === 'unwrapped') return verdict.key;
    }
    return undefined;
  }

  /** The account has a password that does not open these keys: it was reset. */
  get isClosed(): boolean {
    return this.#parts.earlier.isClosed;
  }

  /** Wraps everything under the password that was typed, which the server has just taken. */
  catchUp(keys: OpenedKeys): void {
    const { atomically, accounts, earlier, random } = this.#parts;
    const { linkKey } = keys;
    if (this.isClosed !== (linkKey === undefined)) earlier.setClosed(linkKey === undefined);
    if (linkKey === undefined || !keys.isBehind) return;
    atomically(() => {
      const record = this.#record;
      const context = { owner: record, random };
      const { wrappedRecoverySeed } = record.keys;
      const seed = wrappedRecoverySeed && this.unwrapSeed(wrappedRecoverySeed, keys);
      const wrappedLinkKey = linkKeyWrapping.wrap(linkKey, keys.passwordKey, context);
      const rewrapped =
        seed === undefined
          ? { wrappedLinkKey }
          : { wrappedLinkKey, wrappedRecoverySeed: recoverySeedWrapping.wrap(seed, keys.passwordKey, context) };
      seed?.purge();
      accounts.save({ ...record, keys: { ...record.keys, ...rewrapped } });
    });
  }

  /** Keeps a password key under the one that is to follow it, before anybody is asked to make that the account's. */
  keepEarlier(earlier: PasswordKey, under: PasswordKey): EarlierPasswordKey {
    const { atomically, random, clock } = this.#parts;
    const { accountId } = this.#record;
    const wrapped = earlierPasswordKeyWrapping.wrap(earlier, under, { owner: { accountId }, random });
    const kept = { wrapped, changedAt: clock.now() };
    atomically(() => {
      this.#parts.earlier.add(kept);
      this.#parts.onEarlierKey();
    });
    return kept;
  }

  /** The server has refused the password that was to follow. */
  forgetEarlier({ wrapped }: EarlierPasswordKey): void {
    this.#parts.earlier.remove(wrapped);
  }

  #earlierThan(key: PasswordKey): readonly PasswordKey[] {
    const { accountId } = this.#record;
    const found: PasswordKey[] = [];
    let closed = this.#parts.earlier.list().slice(-CONTENT_LIMITS.earlierPasswordKeys);
    for (const under of inOrder(key, found)) {
      closed = closed.filter(({ wrapped }) => {
        const verdict = earlierPasswordKeyWrapping.unwrap(wrapped, under, { accountId });
        if (verdict.outcome === 'unwrapped') found.push(verdict.key);
        return verdict.outcome === 'refused';
      });
    }
    return found;
  }

  #unwrapLinkKey(key: PasswordKey): LinkKey | undefined {
    const { accountId, deviceId, keys } = this.#record;
    const verdict = linkKeyWrapping.unwrap(keys.wrappedLinkKey, key, { accountId, deviceId });
    if (verdict.outcome === 'unwrapped') return verdict.key;
    if (verdict.reason !== 'wrongKey') throw new Error(`the stored link key cannot be opened: ${verdict.reason}`);
    return undefined;
  }

  get #record(): AccountRecord {
    const record = this.#parts.accounts.find();
    if (record === undefined) throw new Error('there is no account');
    return record;
  }
}

/** The first one and then each that is found on the way: an array is walked to what is its end then. */
function* inOrder<T>(first: T, found: readonly T[]): Generator<T> {
  yield first;
  yield* found;
}
