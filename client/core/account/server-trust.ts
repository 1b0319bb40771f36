import type { ReceiptPublicKey, SenderTrust } from '@sotto/crypto';
import { constantTimeEqual } from '@sotto/crypto';
import type { ReceiptKeys } from '../devices/types.js';
import type { FreshTrust } from '../messaging/trust-wait.js';
import type { Clock } from '../net/clock.js';
import type { AnonymousApi } from '../net/types.js';
import { contactServer, raisedServer, restoreServerPin, senderTrustOf } from './server-contact.js';
import type { AccountStore, PinnedServer } from './types.js';

/** Keys are replaced by hosts, seldom; a question a minute is enough whatever arrives. */
const FRESH_MS = 60_000;

/** What this account believes of its server: the pinned trust root, and the newest keys that it signed. */
export class ServerTrust implements ReceiptKeys, FreshTrust {
  readonly #accounts: AccountStore;
  readonly #api: AnonymousApi;
  readonly #clock: Clock;
  #underWay: Promise<boolean> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(accounts: AccountStore, api: AnonymousApi, clock: Clock) {
    this.#accounts = accounts;
    this.#api = api;
    this.#clock = clock;
  }

  current(): ReceiptPublicKey {
    return restoreServerPin(this.#server).keys.receiptKey;
  }

  get senderTrust(): SenderTrust {
    return senderTrustOf(this.#server, this.#clock.now());
  }

  get isFresh(): boolean {
    return Math.abs(this.#clock.now() - this.#askedAt) < FRESH_MS;
  }

  async freshen(): Promise<boolean> {
    if (!this.isFresh) await this.renew();
    return this.isFresh;
  }

  /** Never lowers or exchanges anything: a server that shows another root or older keys changes nothing here. */
  renew(): Promise<boolean> {
    this.#underWay ??= this.#renew().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  get #server(): PinnedServer {
    const record = this.#accounts.find();
    if (record === undefined) throw new Error('there is no account whose server could be trusted');
    return record.server;
  }

  async #renew(): Promise<boolean> {
    const before = restoreServerPin(this.#server);
    const contact = await contactServer(this.#api, before);
    const record = this.#accounts.find();
    if (contact.outcome === 'ok') this.#askedAt = this.#clock.now();
    if (contact.outcome !== 'ok' || record === undefined) return false;
    const server = raisedServer(record.server, contact.value.pin, this.#clock.now());
    if (server !== record.server) this.#accounts.save({ ...record, server });
    return !constantTimeEqual(restoreServerPin(server).keys.receiptKey, before.keys.receiptKey);
  }
}
