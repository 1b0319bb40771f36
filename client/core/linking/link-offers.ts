import {
  BridgeError,
  type HistoryView,
  type LinkEnd,
  type LinkOfferView,
  type PasswordProof,
} from '@sotto/client/bridge';
import {
  constantTimeEqual,
  parseLinkCode,
  parseLinkDigits,
  scanLinkRequest,
  type LinkCode,
  type LinkDigits,
  type LinkGrant,
  type MatchedLink,
  type RandomSource,
  type RequestToken,
  type VerifiedHead,
} from '@sotto/crypto';
import { ApproveLinkRequest, LIMITS, type Bytes, type LinkCancelReason } from '@sotto/protocol/wire';
import { failureOf, valueOf } from '../account/failure.js';
import { Turns } from '../account/turns.js';
import type { WrappedKeys } from '../account/wrapped-keys.js';
import type { AccountRecord, AccountResult, AccountStore, Atomically } from '../account/types.js';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore, OwnStanding, PeerDevices } from '../devices/types.js';
import type { HistoryExporter } from '../history/types.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { AccountApi } from '../net/types.js';
import { farewellOf } from './farewell.js';
import { GrantedOffer } from './granted-offer.js';
import { openLinkAuthority } from './link-authority.js';
import { linkHostOf } from './link-host.js';
import { authorisedTalk } from './link-talk.js';
import { OpenOffer, type OpenOfferParts } from './open-offer.js';
import { Patience } from './patience.js';
import { provisioningOf } from './provisioning.js';
import type { OfferMode } from './shown-code.js';
import type { LinkOfferRecord, LinkOfferStore, OnOffer, StorageRecordPlace } from './types.js';

export interface LinkOffersParts {
  readonly accounts: AccountStore;
  readonly wrappedKeys: WrappedKeys;
  readonly pins: DevicePinStore;
  readonly offers: LinkOfferStore;
  readonly atomically: Atomically;
  readonly api: AccountApi;
  readonly devices: PeerDevices;
  readonly standing: OwnStanding;
  readonly storageRecord: () => StorageRecordPlace;
  /** Absent where this device has no history to give. */
  readonly history: HistoryExporter | undefined;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly emit: OnOffer;
  readonly log: CoreLog;
}

type Current =
  | { readonly step: 'none' }
  | { readonly step: 'open'; readonly offer: OpenOffer }
  | { readonly step: 'granted'; readonly offer: GrantedOffer }
  | { readonly step: 'linked'; readonly deviceName: string; readonly archiveId: Bytes | undefined }
  | { readonly step: 'ended'; readonly end: LinkEnd };

const notNow = () => new BridgeError('notNow');

/** The authorised device's side of linking: one link at a time, with the password asked for each of them. */
export class LinkOffers {
  readonly #parts: LinkOffersParts;
  /** What a person asks for comes one after the other. */
  readonly #turns = new Turns();
  /** Tells the server of links that ended here. */
  readonly #farewells: Patience;
  #farewellSaid: Promise<void> = Promise.resolve();
  #current: Current = { step: 'none' };

  constructor(parts: LinkOffersParts) {
    this.#parts = parts;
    this.#farewells = new Patience(parts.clock);
  }

  /** Takes up what a restart has left: an approved link goes on, any other has ended with what opened the link key. */
  resume(): void {
    const record = this.#parts.offers.find();
    if (record === undefined || this.#current.step !== 'none') return;
    if (record.approval !== undefined) this.#follow(record);
    else {
      this.#current = { step: 'ended', end: 'unfinished' };
      void this.#leave(record.linkSessionId, 'cancelled');
    }
  }

  view(): LinkOfferView {
    const current = this.#current;
    switch (current.step) {
      case 'none':
        return { state: 'none' };
      case 'open':
        return current.offer.view();
      case 'granted':
        return { state: 'approved', deviceName: current.offer.deviceName };
      case 'linked': {
        const history = this.#progress(current.archiveId);
        const { deviceName } = current;
        return { state: 'linked', deviceName, ...(history === undefined ? {} : { history }) };
      }
      case 'ended':
        return { state: 'ended', reason: current.end };
    }
  }

  start(input: PasswordProof & { readonly mode: OfferMode; readonly history: boolean }): Promise<LinkOfferView> {
    return this.#turns.take(() => this.#begin(input, (parts) => OpenOffer.show(parts, input.mode)));
  }

  /** Reads the code that a new device shows. */
  scan(input: PasswordProof & { readonly code: string; readonly history: boolean }): Promise<LinkOfferView> {
    const code = requestCodeOf(input.code);
    return this.#turns.take(() => this.#begin(input, (parts) => this.#scan(parts, code)));
  }

  approve(typed: string | undefined): Promise<LinkOfferView> {
    const digits = typed === undefined ? undefined : parseLinkDigits(typed);
    return this.#turns.take(async () => {
      const { offer } = this.#openNow();
      if (!offer.canMatch(digits)) throw notNow();
      const head = await this.#freshHead();
      this.#approve(offer, digits, head);
      return this.view();
    });
  }

  /** “Not me.” */
  async refuse(): Promise<LinkOfferView> {
    const { offer } = this.#openNow();
    offer.end('refused', offer.isContested ? 'contested' : 'declined');
    return this.view();
  }

  close(): Promise<LinkOfferView> {
    // The password may still be on its way: what is closed then is what comes of it.
    return this.#turns.take(async () => {
      if (this.#current.step === 'open') this.#current.offer.end('cancelled', 'cancelled');
      if (this.#current.step === 'granted') await this.#current.offer.cancel();
      else this.#set({ step: 'none' });
      return this.view();
    });
  }

  /** The history that goes with a finished link has moved on. */
  tellHistory(): void {
    if (this.#current.step === 'linked') this.#parts.emit(this.view());
  }

  /** Nothing may be asked of it afterwards. */
  async stop(): Promise<void> {
    if (this.#current.step === 'open') this.#current.offer.handOver();
    if (this.#current.step === 'granted') this.#current.offer.stop();
    await farewellOf(this.#parts.clock, this.#farewellSaid);
    this.#farewells.end();
  }

  #set(current: Current): void {
    this.#current = current;
    this.#parts.emit(this.view());
  }

  #openNow(): Extract<Current, { step: 'open' }> {
    if (this.#current.step !== 'open') throw notNow();
    return this.#current;
  }

  #progress(archiveId: Bytes | undefined): HistoryView | undefined {
    return archiveId === undefined ? undefined : this.#parts.history?.progress(archiveId);
  }

  async #begin(
    { history, ...proof }: PasswordProof & { readonly history: boolean },
    open: (parts: OpenOfferParts) => Promise<AccountResult<OpenOffer>>,
  ): Promise<LinkOfferView> {
    const record = this.#mayBegin();
    const { api, offers, wrappedKeys, clock, random, log } = this.#parts;
    const left = offers.find();
    if (left !== undefined) await this.#leaveOnce(left.linkSessionId);
    const authority = valueOf(await openLinkAuthority(api, wrappedKeys, proof));
    const opened = await open({
      ...{ api, offers, clock, random, log, record, authority },
      host: linkHostOf(record.server.origin),
      messages: history ? this.#parts.history?.count() : undefined,
      onChange: () => this.#parts.emit(this.view()),
      onEnd: (end, tell) => this.#ended(end, tell),
    });
    if (opened.outcome === 'ok') this.#set({ step: 'open', offer: opened.value });
    else {
      authority.purge();
      const begun = offers.find();
      if (begun !== undefined) void this.#leave(begun.linkSessionId, 'cancelled');
    }
    valueOf(this.#explained(opened, record));
    return this.view();
  }

  #mayBegin(): AccountRecord {
    const { accounts, standing } = this.#parts;
    const record = accounts.find();
    if (record?.phase !== 'registered') throw new BridgeError('noAccount');
    if (this.#current.step === 'open' || this.#current.step === 'granted') throw notNow();
    if (!standing.isListed) throw new BridgeError('unlinked');
    // Until the paper exists, an account must not come to depend on devices that can be lost together.
    if (record.keys.wrappedRecoverySeed !== undefined) throw new BridgeError('kitUnconfirmed');
    return record;
  }

  /** The host's limit is what the account has reached: the server refuses for nothing else. */
  #explained(result: AccountResult<OpenOffer>, { accountId }: AccountRecord): AccountResult<OpenOffer> {
    if (result.outcome === 'ok' || result.failure.code !== 'tooManyDevices') return result;
    const limit = this.#parts.devices.find(accountId)?.active.length ?? LIMITS.devicesDefault;
    return { outcome: 'failed', failure: { code: 'tooManyDevices', params: { limit } } };
  }

  async #scan(parts: OpenOfferParts, code: LinkCode<RequestToken>): Promise<AccountResult<OpenOffer>> {
    const { host, authority, random } = parts;
    const started = scanLinkRequest(code, { host, now: authority.stepUp.serverTime, random });
    if (started.outcome === 'started') return OpenOffer.scan(parts, started.scan);
    const isLate = started.reason === 'expired';
    const fault = started.reason === 'otherHost' ? 'linkCodeUnknown' : 'linkCodeUnreadable';
    return { outcome: 'failed', failure: { code: isLate ? 'linkCodeExpired' : fault, params: {} } };
  }

  /** The list that the next one follows, as the server has it now. */
  async #freshHead(): Promise<VerifiedHead> {
    const { accounts, pins, devices } = this.#parts;
    const accountId = accounts.find()?.accountId;
    if (accountId === undefined) throw new BridgeError('noAccount');
    const refreshed = await devices.refresh(accountId);
    if (refreshed.outcome === 'away' || refreshed.outcome === 'refused') valueOf(failureOf(refreshed));
    const pin = pins.find(accountId);
    // A list that does not verify, or two of one number: nothing is signed on top of that.
    if (refreshed.outcome !== 'ok' || pin === undefined) throw new BridgeError('devicesChanged');
    return headOf(pin);
  }

  #approve(offer: OpenOffer, digits: LinkDigits | undefined, head: VerifiedHead): void {
    const match = offer.match(digits);
    if (match.outcome === 'notNow') throw notNow();
    if (match.outcome === 'wrongDigits') {
      offer.end('digitsDiffer', 'wrongDigits');
      return;
    }
    const { accounts } = this.#parts;
    const record = accounts.find();
    if (record === undefined) throw new BridgeError('noAccount');
    const verdict = match.link.certify({
      head,
      mostDevices: LIMITS.devicesMost,
      issuedAt: offer.serverNow,
      signer: { deviceId: record.deviceId, linkKey: offer.authority.linkKey },
    });
    if (verdict.outcome === 'refused') {
      offer.end(verdict.reason === 'tooManyDevices' ? 'tooManyDevices' : 'listChanged', 'failed');
      return;
    }
    const stored = this.#seal({ offer, link: match.link, grant: verdict.grant, record });
    offer.handOver();
    this.#follow(stored);
  }

  /** Seals M4 and stores the approval in one transaction with the archive that it promises, before a byte of it leaves. */
  #seal({ offer, link, grant, record }: Sealing): LinkOfferRecord {
    const { offers, atomically, storageRecord, history: exporter } = this.#parts;
    const { passwordKey, stepUp } = offer.authority;
    return atomically(() => {
      const history = offer.historyWanted ? exporter?.prepare({ hold: offer.isScanned }) : undefined;
      const payload = provisioningOf(record, { grant, passwordKey, storageRecord: storageRecord(), history });
      const granted = link.seal(payload);
      payload.fill(0);
      const request = ApproveLinkRequest.encode({
        stepUpToken: stepUp.stepUpToken,
        certificate: grant.certificate,
        list: grant.list,
        message: granted.message,
      });
      const approval = {
        request: JSON.stringify(request),
        deviceName: granted.device.name,
        archiveId: history?.archiveId,
      };
      const stored = { linkSessionId: new Uint8Array(granted.sessionId), approval };
      offers.save(stored);
      return stored;
    });
  }

  #follow({ linkSessionId, approval }: LinkOfferRecord): void {
    const { accounts, api, devices, clock, log } = this.#parts;
    const accountId = accounts.find()?.accountId;
    if (approval === undefined || accountId === undefined) return;
    const offer = new GrantedOffer({
      ...{ accountId, api, devices, clock, log, linkSessionId, approval },
      onLinked: () => this.#linked(approval.deviceName, approval.archiveId),
      onEnd: (end, tell) => this.#ended(end, tell),
    });
    this.#set({ step: 'granted', offer });
  }

  #linked(deviceName: string, archiveId: Bytes | undefined): void {
    const { offers, atomically, history } = this.#parts;
    atomically(() => {
      offers.remove();
      if (archiveId !== undefined) history?.begin(archiveId);
    });
    this.#set({ step: 'linked', deviceName, archiveId });
  }

  #ended(end: LinkEnd, tell: LinkCancelReason | undefined): void {
    const { offers, atomically, history } = this.#parts;
    const record = offers.find();
    const archiveId = record?.approval?.archiveId;
    atomically(() => {
      if (archiveId !== undefined) history?.withdraw(archiveId);
      if (tell === undefined || record === undefined) offers.remove();
      // Until the server has been told, so that it is told after a restart.
      else offers.save({ linkSessionId: record.linkSessionId, approval: undefined });
    });
    if (tell !== undefined && record !== undefined) this.#farewellSaid = this.#leave(record.linkSessionId, tell);
    this.#set({ step: 'ended', end });
  }

  async #leave(linkSessionId: Bytes, reason: LinkCancelReason): Promise<void> {
    const talk = authorisedTalk(this.#parts.api, linkSessionId);
    const answer = await this.#farewells.answered(() => talk.cancel(reason));
    if (answer !== undefined) this.#forget(linkSessionId);
  }

  /** Before another link begins, which the server would not have beside it. */
  async #leaveOnce(linkSessionId: Bytes): Promise<void> {
    await authorisedTalk(this.#parts.api, linkSessionId).cancel('cancelled');
    this.#forget(linkSessionId);
  }

  #forget(linkSessionId: Bytes): void {
    const { offers } = this.#parts;
    const record = offers.find();
    const isSame = record !== undefined && constantTimeEqual<Bytes>(record.linkSessionId, linkSessionId);
    if (isSame && record.approval === undefined) offers.remove();
  }
}

interface Sealing {
  readonly offer: OpenOffer;
  readonly link: MatchedLink;
  readonly grant: LinkGrant;
  readonly record: AccountRecord;
}

/** Reads the code of a new device, as it was scanned or pasted. */
const requestCodeOf = (text: string): LinkCode<RequestToken> => {
  const verdict = parseLinkCode(text);
  if (verdict.outcome === 'request') return verdict.code;
  const isNewer =
    verdict.outcome === 'refused' && (verdict.reason === 'newerVersion' || verdict.reason === 'unsupportedSuite');
  throw new BridgeError(isNewer ? 'linkCodeNewer' : 'linkCodeUnreadable');
};
