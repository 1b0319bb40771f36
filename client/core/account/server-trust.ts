import type { ReceiptPublicKey, SenderTrust, ServerPin } from '@sotto/crypto';
import { constantTimeEqual } from '@sotto/crypto';
import type { ReceiptKeys } from '../devices/types.js';
import type { AnonymousApi } from '../net/types.js';
import { contactServer, pinnedServerOf, restoreServerPin } from './server-contact.js';
import type { AccountStore } from './types.js';

/** What this account believes of its server: the pinned trust root, and the newest keys that it signed. */
export class ServerTrust implements ReceiptKeys {
  readonly #accounts: AccountStore;
  readonly #api: AnonymousApi;
  #underWay: Promise<boolean> | undefined;

  constructor(accounts: AccountStore, api: AnonymousApi) {
    this.#accounts = accounts;
    this.#api = api;
  }

  current(): ReceiptPublicKey {
    return this.#pin.keys.receiptKey;
  }

  get senderTrust(): SenderTrust {
    const { trustRoot, keys } = this.#pin;
    return { trustRoot, serverCertificates: [keys.certificate] };
  }

  /** Never lowers or exchanges anything: a server that shows another root or older keys changes nothing here. */
  renew(): Promise<boolean> {
    this.#underWay ??= this.#renew().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  get #pin(): ServerPin {
    const record = this.#accounts.find();
    if (record === undefined) throw new Error('there is no account whose server could be trusted');
    return restoreServerPin(record.server);
  }

  async #renew(): Promise<boolean> {
    const before = this.#pin;
    const contact = await contactServer(this.#api, before);
    const record = this.#accounts.find();
    if (contact.outcome !== 'ok' || record === undefined) return false;
    const { pin } = contact.value;
    if (pin.keys.version <= before.keys.version) return false;
    this.#accounts.save({ ...record, server: pinnedServerOf(record.server.origin, pin) });
    return !constantTimeEqual(pin.keys.receiptKey, before.keys.receiptKey);
  }
}
