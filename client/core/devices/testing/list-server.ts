import { createServerKeys, systemRandom, type ReceiptPublicKey, type ServerKeyRing } from '@sotto/crypto/server';
import type { DeviceListEntry, DeviceListPage } from '@sotto/protocol/wire';
import type { AnonymousApi, CallResult } from '../../net/types.js';
import type { ReceiptKeys } from '../types.js';
import { read, type TestPerson } from './test-person.js';

interface Query {
  readonly afterEpoch?: number | undefined;
  readonly afterNumber?: number | undefined;
}

interface Asked {
  readonly query: Query;
  readonly body: { readonly entries: readonly DeviceListEntry[] };
}

/** What a server says about one person's lists: honestly until a test bends it. */
export class ListServer implements ReceiptKeys {
  ring: ServerKeyRing = createServerKeys(systemRandom);
  /** What the client has pinned. */
  pinned: ReceiptPublicKey = this.ring.keys.receiptKey;
  /** What `renew` finds, where it finds something. */
  newer: ReceiptPublicKey | undefined;
  renewals = 0;
  steps: DeviceListEntry[] = [];
  pageLength = 50;
  readonly queries: Query[] = [];
  /** What was brought back, a call each. */
  readonly returned: (readonly DeviceListEntry[])[] = [];
  bend: (page: DeviceListPage, query: Query) => DeviceListPage | Promise<DeviceListPage> = (page) => page;
  refuse: CallResult<never> | undefined;
  refuseReturn: CallResult<never> | undefined;

  constructor(readonly person: TestPerson) {}

  readonly api: AnonymousApi = {
    call: (async (route: 'deviceList' | 'restoreDeviceList', { query, body }: Asked) => {
      if (route === 'restoreDeviceList') return this.#takeBack(body.entries);
      this.queries.push(query);
      if (this.refuse !== undefined) return this.refuse;
      return { outcome: 'ok', value: await this.bend(this.#pageAfter(query), query) };
    }) as unknown as AnonymousApi['call'],
  };

  current(): ReceiptPublicKey {
    return this.pinned;
  }

  async renew(): Promise<boolean> {
    this.renewals += 1;
    if (this.newer === undefined) return false;
    this.pinned = this.newer;
    return true;
  }

  #takeBack(entries: readonly DeviceListEntry[]): CallResult<unknown> {
    this.returned.push(entries);
    if (this.refuseReturn !== undefined) return this.refuseReturn;
    this.steps.push(...entries);
    const { epoch, number } = placeOf(this.steps.at(-1)!.list);
    return { outcome: 'ok', value: { head: { epoch, number } } };
  }

  #pageAfter({ afterEpoch, afterNumber }: Query): DeviceListPage {
    const newestEpoch = Math.max(...this.steps.map(({ list }) => placeOf(list).epoch));
    const entries = this.steps.filter(({ list }) => {
      const { epoch, number } = placeOf(list);
      if (afterEpoch === undefined || afterNumber === undefined) return epoch === newestEpoch;
      return epoch > afterEpoch || (epoch === afterEpoch && number > afterNumber);
    });
    const last = placeOf(this.steps.at(-1)!.list);
    return {
      head: { epoch: last.epoch, number: last.number },
      accountId: this.person.accountId,
      username: this.person.username,
      accountIdentityKey: this.person.root.accountIdentityKey,
      recoveryPublicKey: this.person.root.recoveryPublicKey,
      entries: entries.slice(0, this.pageLength),
      more: entries.length > this.pageLength,
    };
  }
}

const placeOf = (list: DeviceListEntry['list']) => read(list as never);
