import {
  AccountIdentityKey,
  constantTimeEqual,
  RecoveryPublicKey,
  verifyChain,
  type ChainVerdict,
  type ListOwner,
  type ListPlace,
  type PassedList,
  type VerifiedHead,
} from '@sotto/crypto';
import type { AccountId, Username } from '@sotto/protocol/ids';
import type { DeviceListEntry, DeviceListPage, DeviceListPlace } from '@sotto/protocol/wire';
import type { Clock } from '../net/clock.js';
import type { AnonymousApi, Away, CallResult, Refused } from '../net/types.js';
import { headOf, pinOf, verifiedDevicesOf } from './device-pin.js';
import { isBeyond } from './list-place.js';
import { ListReturn } from './list-return.js';
import type { DevicePin, DevicePinStore, ReceiptKeys, RecordedIdentities, RefreshResult } from './types.js';

/** An epoch has at most 1,000 lists, 50 a page; a server that never comes to an end is not followed further. */
const PAGES_MOST = 100;

interface ListFetchParts {
  readonly api: AnonymousApi;
  readonly pins: DevicePinStore;
  readonly receiptKeys: ReceiptKeys;
  readonly clock: Clock;
  /** What the account's other devices have verified of an account that this one meets for the first time. */
  readonly recorded?: RecordedIdentities | undefined;
}

/** What is known of the account when a page arrives. */
interface Position {
  readonly start: VerifiedHead | undefined;
  readonly username: Username | undefined;
}

type PageOutcome =
  | { readonly outcome: 'advanced'; readonly position: Position }
  | { readonly outcome: 'unverifiable' }
  | { readonly outcome: 'forked' };

/**
 * Brings a pin up to date: fetches the steps after it in pages, anonymously, and verifies each one. The server is taken at
 * its receipts only: what it withholds cannot be seen here (heads inside messages show it), what it forges or takes back is.
 */
export class ListFetch {
  readonly #parts: ListFetchParts;
  readonly #listReturn: ListReturn;

  constructor(parts: ListFetchParts) {
    this.#parts = parts;
    this.#listReturn = new ListReturn(parts);
  }

  async advance(accountId: AccountId): Promise<RefreshResult> {
    const pin = this.#parts.pins.find(accountId);
    let position: Position = { start: pin && headOf(pin), username: pin?.username };
    for (let pages = 0; pages < PAGES_MOST; pages += 1) {
      const page = await this.#fetch(accountId, position.start?.place);
      if (page.outcome !== 'ok') return this.#withoutPage(page);
      const verdict = await this.#take(accountId, page.value, position);
      if (verdict.outcome === 'forked') return this.#raiseAlarm(accountId);
      if (verdict.outcome === 'unverifiable') return verdict;
      position = verdict.position;
      const { more, head } = page.value;
      if (more) continue;
      return this.#present(accountId, await this.#giveBack(accountId, head, position.start?.place));
    }
    return { outcome: 'unverifiable' };
  }

  #fetch(
    accountId: AccountId,
    after: { readonly epoch: number; readonly number: number } | undefined,
  ): Promise<CallResult<DeviceListPage>> {
    const query = after === undefined ? {} : { afterEpoch: after.epoch, afterNumber: after.number };
    return this.#parts.api.call('deviceList', { params: { accountId }, query });
  }

  #withoutPage(page: Refused | Away): RefreshResult {
    return page.outcome === 'refused' && page.code === 'notFound' ? { outcome: 'unknownAccount' } : page;
  }

  async #take(accountId: AccountId, page: DeviceListPage, position: Position): Promise<PageOutcome> {
    const start = position.start ?? ownerOf(accountId, page);
    if (start === undefined) return { outcome: 'unverifiable' };
    let verdict = this.#verify(start, page);
    if (verdict.outcome === 'refused' && verdict.reason === 'badReceipt' && (await this.#parts.receiptKeys.renew())) {
      verdict = this.#verify(start, page);
    }
    switch (verdict.outcome) {
      case 'verified':
        return this.#save(verdict.head, verdict.passed, { page, position });
      case 'fork':
        return { outcome: 'forked' };
      case 'behind':
        return this.#contradictsHistory(accountId, verdict.place) ? { outcome: 'forked' } : { outcome: 'unverifiable' };
      case 'refused':
        return verdict.reason === 'wrongPrevious' && position.start !== undefined
          ? this.#lookForFork(accountId, position.start)
          : { outcome: 'unverifiable' };
    }
  }

  #verify(start: VerifiedHead | ListOwner, page: DeviceListPage): ChainVerdict<DeviceListEntry> {
    return verifyChain(start, this.#parts.receiptKeys.current(), page.entries);
  }

  #save(
    head: VerifiedHead,
    passed: readonly PassedList<DeviceListEntry>[],
    { page, position }: { readonly page: DeviceListPage; readonly position: Position },
  ): PageOutcome {
    const hasAdvanced = passed.length > 0;
    // A server that has more and gives nothing would be asked without end.
    if (page.more && !hasAdvanced) return { outcome: 'unverifiable' };
    const username = position.username ?? page.username;
    if (hasAdvanced) {
      const { pins, clock } = this.#parts;
      const before = pins.find(head.accountId);
      // The account identity key has spoken again since the fork: what it signed counts, whatever was forked before.
      const isForkedStill = before?.alarm === true && head.list.epoch === before.head.epoch;
      const alarm = isForkedStill || (before === undefined && this.#contradictsRecord(head, passed));
      pins.save(pinOf(head, { username, alarm, pinnedAt: clock.now() }), passed);
    }
    return { outcome: 'advanced', position: { start: head, username } };
  }

  /** A server that has forgotten what it receipted was put back to an older state. */
  async #giveBack(
    accountId: AccountId,
    serverHead: DeviceListPlace,
    verified: ListPlace | undefined,
  ): Promise<boolean> {
    if (verified === undefined || !isBeyond(verified, serverHead)) return false;
    return this.#listReturn.giveBack(accountId, serverHead);
  }

  /**
   * A receipted list follows another list than the pinned one at its number. That other list is the proof of a fork, if the
   * server gives it out; without it nothing is proved, and nothing believed.
   */
  async #lookForFork(accountId: AccountId, head: VerifiedHead): Promise<PageOutcome> {
    const { epoch, number } = head.place;
    const page = await this.#fetch(accountId, number === 0 ? undefined : { epoch, number: number - 1 });
    const [step] = page.outcome === 'ok' ? page.value.entries : [];
    if (step === undefined) return { outcome: 'unverifiable' };
    const verdict = verifyChain(head, this.#parts.receiptKeys.current(), [step]);
    return { outcome: verdict.outcome === 'fork' ? 'forked' : 'unverifiable' };
  }

  /** Whoever the server names at a first contact is the one whom the other own devices have met. */
  #contradictsRecord({ accountId, root }: VerifiedHead, passed: readonly ListPlace[]): boolean {
    const recorded = this.#parts.recorded?.find(accountId);
    if (recorded === undefined) return false;
    if (!constantTimeEqual<Uint8Array>(recorded.accountIdentityKey, root.accountIdentityKey)) return true;
    const { epoch, number, hash } = recorded;
    const same = passed.find((place) => place.epoch === epoch && place.number === number);
    return same !== undefined && !constantTimeEqual<Uint8Array>(same.hash, hash);
  }

  #contradictsHistory(accountId: AccountId, place: ListPlace): boolean {
    const verified = this.#parts.pins.findHash(accountId, place.epoch, place.number);
    return verified !== undefined && !constantTimeEqual(verified, place.hash);
  }

  #raiseAlarm(accountId: AccountId): RefreshResult {
    this.#parts.pins.setAlarm(accountId, true);
    return this.#present(accountId);
  }

  #present(accountId: AccountId, gaveBack = false): RefreshResult {
    const pin: DevicePin | undefined = this.#parts.pins.find(accountId);
    if (pin === undefined) return { outcome: 'unverifiable' };
    return {
      outcome: pin.alarm ? 'alarm' : 'ok',
      devices: verifiedDevicesOf(pin),
      ...(gaveBack ? { gaveBack: true } : {}),
    };
  }
}

/** The account identity key is trusted on first use, unless another own device has met the account before. */
const ownerOf = (accountId: AccountId, page: DeviceListPage): ListOwner | undefined => {
  const accountIdentityKey = AccountIdentityKey.parse(page.accountIdentityKey);
  const recoveryPublicKey = RecoveryPublicKey.parse(page.recoveryPublicKey);
  if (page.accountId !== accountId || accountIdentityKey === undefined || recoveryPublicKey === undefined) {
    return undefined;
  }
  return { accountId, root: { accountIdentityKey, recoveryPublicKey } };
};
