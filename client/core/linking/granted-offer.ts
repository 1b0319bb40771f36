import type { LinkEnd } from '@sotto/client/bridge';
import { parseCertificate } from '@sotto/crypto';
import type { AccountId } from '@sotto/protocol/ids';
import { ApproveLinkRequest, LinkSessionIdField, type Bytes, type LinkCancelReason } from '@sotto/protocol/wire';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi } from '../net/types.js';
import { linkEndOf, refusedEndOf } from './link-end.js';
import { authorisedTalk, LinkWatch } from './link-talk.js';
import { Patience } from './patience.js';
import type { StoredApproval } from './types.js';

export interface GrantedOfferParts {
  readonly api: AccountApi;
  readonly devices: PeerDevices;
  readonly accountId: AccountId;
  readonly clock: Clock;
  readonly linkSessionId: Bytes;
  readonly approval: StoredApproval;
  readonly log: CoreLog;
  readonly onLinked: () => void;
  readonly onEnd: (end: LinkEnd, tell: LinkCancelReason | undefined) => void;
}

/**
 * At the authorised device: a link that a person has approved. Its list is signed and stored, so it survives a restart; whether
 * it counts is decided by the server's one transaction when the new device activates.
 */
export class GrantedOffer {
  readonly #parts: GrantedOfferParts;
  readonly #patience: Patience;

  constructor(parts: GrantedOfferParts) {
    this.#parts = parts;
    this.#patience = new Patience(parts.clock);
    // It stays stored, so a fault here costs no more than the time until the next start.
    this.#run().catch(() => parts.log('failed', { code: 'linkApproved' }));
  }

  get deviceName(): string {
    return this.#parts.approval.deviceName;
  }

  /** Stops working at it; it stays stored. */
  stop(): void {
    this.#patience.end();
  }

  /** Takes the approval back, if it is not too late. */
  async cancel(): Promise<void> {
    const talk = authorisedTalk(this.#parts.api, this.#parts.linkSessionId);
    await talk.cancel('cancelled');
  }

  async #run(): Promise<void> {
    const { api, linkSessionId, approval } = this.#parts;
    const params = { linkSessionId: LinkSessionIdField.encode(linkSessionId) };
    const body = ApproveLinkRequest.parse(JSON.parse(approval.request));
    const answer = await this.#patience.answered(() => api.call('approveLink', { params, body }));
    if (answer === undefined) return;
    // Where it is over or activated already, the session itself says so.
    const isSettled = answer.outcome === 'refused' && answer.code !== 'linkEnded' && answer.code !== 'linkOutOfTurn';
    if (isSettled) this.#end(refusedEndOf(answer.code), 'failed');
    else await this.#watch();
  }

  async #watch(): Promise<void> {
    const { api, linkSessionId } = this.#parts;
    const watch = new LinkWatch(authorisedTalk(api, linkSessionId), this.#patience);
    while (!this.#patience.isOver()) {
      const answer = await watch.next();
      if (answer === undefined) return;
      if (answer.outcome === 'refused') await this.#decide(refusedEndOf(answer.code));
      if (answer.outcome !== 'ok') continue;
      if (answer.value.state === 'activated') await this.#decide('listChanged');
      if (answer.value.state === 'ended') this.#end(linkEndOf(answer.value.reason, 'claimed'));
    }
  }

  /** The account's own list says whether there is a new device, whatever the server says of the session. */
  async #decide(otherwise: LinkEnd): Promise<void> {
    const { devices, accountId, approval } = this.#parts;
    const { certificate } = ApproveLinkRequest.parse(JSON.parse(approval.request));
    const deviceId = parseCertificate(certificate)?.deviceId;
    const isIn = await this.#patience.answered(async () => {
      const refreshed = await devices.refresh(accountId);
      if (refreshed.outcome === 'away' || refreshed.outcome === 'refused') return refreshed;
      const listed = devices.find(accountId)?.active ?? [];
      return { outcome: 'ok', value: listed.some((active) => active === deviceId) };
    });
    if (isIn === undefined) return;
    if (isIn.outcome === 'ok' && isIn.value) {
      this.#patience.end();
      this.#parts.onLinked();
    } else this.#end(otherwise);
  }

  #end(end: LinkEnd, tell?: LinkCancelReason): void {
    this.#patience.end();
    this.#parts.onEnd(end, tell);
  }
}
