import type { JoinView, LinkEnd } from '@sotto/client/bridge';
import {
  LinkState,
  restoreLinkState,
  trustRootFingerprint,
  TrustRootPublicKey,
  type AuthorisedLinkState,
  type AwaitedGrant,
  type LinkDigits,
  type LinkTokenBytes,
  type NewDeviceLinkState,
  type RandomSource,
  type ReceivedGrant,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import {
  ActivateLinkRequest,
  LIFETIMES,
  LinkSessionIdField,
  type Bytes,
  type LinkActivated,
  type LinkCancelReason,
  type LinkProgress,
  type TokenGrant,
} from '@sotto/protocol/wire';
import { restoreServerPin } from '../account/server-contact.js';
import { isGrantFor } from '../account/token-grant.js';
import type { AccountStore } from '../account/types.js';
import { pinOf } from '../devices/device-pin.js';
import type { DevicePinStore } from '../devices/types.js';
import type { HistoryImporter } from '../history/types.js';
import { later } from '../net/clock.js';
import type { AnonymousApi, CallResult } from '../net/types.js';
import { publicationOf } from '../prekeys/pre-key-publisher.js';
import { fetchAccountChain, type AccountChain } from './account-chain.js';
import { claimantHashOf } from './claimant.js';
import { joinedAccount, storeActivation, type ActivationParts } from './join-activation.js';
import { checkJoin, givenAccountOf, ownerOf, type GivenAccount, type JoinCheck, type Joinable } from './join-check.js';
import { linkEndOf, refusedEndOf } from './link-end.js';
import { linkHostOf } from './link-host.js';
import { LinkWatch, newDeviceTalk, type LinkTalk } from './link-talk.js';
import { Patience, type Answered } from './patience.js';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { LinkJoinRecord, OnJoin, StoredActivation } from './types.js';

export interface JoinFlowParts extends ActivationParts {
  readonly accounts: AccountStore;
  readonly pins: DevicePinStore;
  readonly names: Pick<AccountStateRepository, 'saveDeviceName'>;
  readonly history: HistoryImporter | undefined;
  readonly random: RandomSource;
  /** Over connections of this link's own. */
  readonly api: AnonymousApi;
  readonly onView: OnJoin;
  /** The account is stored. Without a grant this device asks for its first access token itself. */
  readonly onJoined: (grant: TokenGrant | undefined) => void;
}

/** Beyond any time that the server gives a link. */
const PATIENCE_MS = LIFETIMES.linkSessionMs + 60_000;

const stateOf = ({ state }: LinkJoinRecord): NewDeviceLinkState => {
  const restored = restoreLinkState(LinkState.of(state));
  if (restored === undefined || !isNewDevice(restored)) throw new Error('the stored link is damaged');
  return restored;
};

const NEW_DEVICE: ReadonlySet<string> = new Set<NewDeviceLinkState['kind']>([
  'claim',
  'request',
  'answeredRequest',
  'awaitedGrant',
  'receivedGrant',
]);

const isNewDevice = (state: AuthorisedLinkState | NewDeviceLinkState): state is NewDeviceLinkState =>
  NEW_DEVICE.has(state.kind);

/** A copy for the encrypted database. */
export const keptState = (state: NewDeviceLinkState): Bytes => {
  const exported = state.export();
  const bytes = new Uint8Array(exported.unwrap());
  exported.purge();
  return bytes;
};

/**
 * At the new device: a link from the claim to the account. Every step is stored before its message leaves and is repeated after
 * a restart; until the account is there, all that was made for it goes with the link.
 */
export class JoinFlow {
  readonly #parts: JoinFlowParts;
  readonly #patience: Patience;
  readonly #talk: LinkTalk;
  readonly #host: string;
  readonly #stopTimer: () => void;
  #record: LinkJoinRecord;
  #state: NewDeviceLinkState;
  #joinable: Joinable | undefined;
  #farewellSaid: Promise<unknown> = Promise.resolve();
  #endsAt: UnixMs;
  #isOpened = false;
  #end: LinkEnd | undefined;

  constructor(parts: JoinFlowParts, record: LinkJoinRecord) {
    const { api, clock } = parts;
    this.#parts = parts;
    this.#record = record;
    this.#state = stateOf(record);
    this.#patience = new Patience(clock);
    this.#talk = newDeviceTalk(api, this.#sessionId, record.claimant);
    this.#host = linkHostOf(record.server.origin);
    this.#endsAt = later(clock.now(), LIFETIMES.linkOpenMs);
    this.#stopTimer = clock.after(PATIENCE_MS, () => {
      // What may have been activated is not given up: only the server can say.
      if (this.#record.activation === undefined) this.leave('unfinished', 'failed');
    });
  }

  view(): JoinView {
    if (this.#end !== undefined) return { state: 'ended', reason: this.#end };
    const [state, host, endsAt] = [this.#state, this.#host, this.#endsAt];
    switch (state.kind) {
      case 'claim':
        return { state: 'connecting', host };
      case 'request':
        return { state: 'showing', code: state.codeText, expiresAt: endsAt };
      case 'answeredRequest':
        return { state: 'typing', host, endsAt };
      case 'awaitedGrant':
        return state.digits === undefined
          ? { state: 'connecting', host }
          : { state: 'digits', host, digits: state.digits, endsAt };
      case 'receivedGrant':
        return this.#receivedView();
    }
  }

  isOver(): boolean {
    return this.#patience.isOver();
  }

  /** Can this device still leave without the server's word? */
  isActivating(): boolean {
    return this.#record.activation !== undefined && !this.isOver();
  }

  /** The first call of a new link, once: its refusal is the answer to what the person has just done. */
  async open(): Promise<Answered<unknown> | undefined> {
    const answer = await this.#openOnce();
    this.#isOpened = answer.outcome === 'ok';
    if (answer.outcome === 'refused' && answer.code === 'linkCodeUsed') await this.#contest();
    return answer.outcome === 'away' ? undefined : answer;
  }

  /** Goes on from wherever the link stands. */
  async run(): Promise<void> {
    if (this.#record.activation !== undefined) {
      await this.#activate(this.#record.activation);
      return;
    }
    await this.#takeUp();
    const watch = new LinkWatch(this.#talk, this.#patience);
    while (!this.isOver() && !this.isActivating()) {
      const answer = await watch.next();
      if (answer === undefined || this.isActivating()) return;
      if (answer.outcome === 'ok') await this.#take(answer.value);
      if (answer.outcome === 'refused') this.leave(refusedEndOf(answer.code));
    }
  }

  /** The digits that the authorised device shows: one try. */
  typeDigits(typed: LinkDigits): boolean {
    const state = this.#state;
    if (state.kind !== 'answeredRequest' || this.isOver()) return false;
    const verdict = state.typeDigits(typed);
    if (verdict.outcome === 'wrongDigits') this.leave('digitsDiffer', 'wrongDigits');
    else {
      this.#store(verdict.awaited);
      void this.#patience.answered(() => this.#talk.put(3, verdict.awaited.message));
    }
    return true;
  }

  /** “Join.” The caller runs it on. */
  confirm(): boolean {
    const [state, joinable] = [this.#state, this.#joinable];
    if (state.kind !== 'receivedGrant' || joinable === undefined || this.isOver() || this.isActivating()) return false;
    this.#record = storeActivation({ own: state.own, join: joinable.join, record: this.#record }, this.#parts);
    this.#tell();
    return true;
  }

  /** Ends the link; nothing of it stays. `tell`: what the other side is to be told. */
  leave(end: LinkEnd, tell?: LinkCancelReason): void {
    if (this.isOver()) return;
    this.#end = end;
    this.#parts.joins.discard();
    this.stop();
    if (tell !== undefined) this.#farewellSaid = this.#talk.cancel(tell);
    this.#parts.onView(this.view());
  }

  /** When the other side can know that this one has left. */
  get farewellSaid(): Promise<unknown> {
    return this.#farewellSaid;
  }

  /** Stops working at it; it stays stored. */
  stop(): void {
    this.#patience.end();
    this.#stopTimer();
  }

  get #sessionId(): Bytes {
    return new Uint8Array(this.#state.token.sessionId);
  }

  get #isAsking(): boolean {
    return this.#joinable !== undefined;
  }

  /** How a person who leaves now is understood. */
  get farewell(): LinkCancelReason {
    return this.#isAsking ? 'declined' : 'cancelled';
  }

  #receivedView(): JoinView {
    const host = this.#host;
    const joinable = this.#joinable;
    if (joinable === undefined) return { state: 'connecting', host };
    const { username } = joinable.given;
    if (this.isActivating()) return { state: 'joining', host, username };
    const fingerprint = trustRootFingerprint(TrustRootPublicKey.of(joinable.server.trustRoot));
    return { state: 'asking', host, username, fingerprint, endsAt: this.#endsAt };
  }

  #tell(): void {
    if (!this.isOver()) this.#parts.onView(this.view());
  }

  #store(state: NewDeviceLinkState): void {
    this.#record = { ...this.#record, state: keptState(state) };
    this.#parts.joins.save(this.#record);
    this.#state = state;
    this.#tell();
  }

  async #openOnce(): Promise<CallResult<unknown>> {
    const { api } = this.#parts;
    const state = this.#state;
    const token: LinkTokenBytes = state.token.bytes;
    const claimantHash = claimantHashOf(this.#record.claimant);
    if (state.kind === 'claim') {
      return api.call('claimLinkSession', { body: { token, claimantHash, message: state.message } });
    }
    const answer = await api.call('createReverseLinkSession', { body: { token, claimantHash } });
    // It is there already: the answer to the same request was lost.
    return answer.outcome === 'refused' && answer.code === 'linkOutOfTurn'
      ? { outcome: 'ok', value: undefined }
      : answer;
  }

  /** Says again what the server may not have heard. */
  async #takeUp(): Promise<void> {
    const state = this.#state;
    switch (state.kind) {
      case 'claim':
      case 'request':
        return this.#isOpened ? undefined : this.#openAgain();
      case 'answeredRequest':
        await this.#patience.answered(() => this.#talk.put(2, state.message));
        return;
      case 'awaitedGrant':
        await this.#patience.answered(() => this.#talk.put(3, state.message));
        return;
      case 'receivedGrant':
        return this.#check(state);
    }
  }

  async #openAgain(): Promise<void> {
    const answer = await this.#patience.answered(() => this.#openOnce());
    if (answer?.outcome !== 'refused') return;
    if (answer.code === 'linkCodeUsed') await this.#contest();
    this.leave(refusedEndOf(answer.code));
  }

  /** Somebody else was first, perhaps with a photograph of the code: the authorised device is told. */
  async #contest(): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'claim') return;
    await this.#parts.api.call('contestLinkSession', { body: { token: state.token.bytes, mac: state.contest } });
  }

  async #take({ state, reason, messages, expiresAt, serverTime }: LinkProgress): Promise<void> {
    this.#endsAt = later(this.#parts.clock.now(), expiresAt - serverTime);
    if (state === 'ended') {
      this.leave(linkEndOf(reason, this.#state.kind === 'request' ? 'open' : 'claimed'));
      return;
    }
    for (const { number, body } of messages) await this.#hear(number, body);
    if (!this.isActivating()) this.#tell();
  }

  /** What comes out of turn is not heard: the server may say everything again. */
  async #hear(number: number, body: Bytes): Promise<void> {
    const state = this.#state;
    if (this.isOver()) return;
    if (state.kind === 'request' && number === 1) {
      const verdict = state.acceptScan(body);
      if (verdict.outcome === 'refused') this.leave('tampered', 'failed');
      else {
        this.#store(verdict.answered);
        await this.#patience.answered(() => this.#talk.put(2, verdict.answered.message));
      }
    } else if (state.kind === 'claim' && number === 2) {
      const verdict = state.acceptAnswer(body);
      if (verdict.outcome === 'refused') this.leave('tampered', 'failed');
      else {
        this.#store(verdict.awaited);
        await this.#patience.answered(() => this.#talk.put(3, verdict.awaited.message));
      }
    } else if (state.kind === 'awaitedGrant' && number === 4) await this.#hearGrant(state, body);
  }

  async #hearGrant(awaited: AwaitedGrant, body: Bytes): Promise<void> {
    const verdict = awaited.openGrant(body);
    if (verdict.outcome === 'refused') {
      this.leave('tampered', 'failed');
      return;
    }
    this.#store(verdict.received);
    await this.#check(verdict.received);
  }

  async #check(received: ReceivedGrant): Promise<void> {
    const { api, clock } = this.#parts;
    const { server } = this.#record;
    const checked = await this.#patience.answered(async () =>
      asAnswer(await checkJoin(received, { api, server, clock })),
    );
    if (checked === undefined) return;
    if (checked.outcome === 'refused') this.leave(refusedEndOf(checked.code), 'failed');
    else if (checked.value.outcome === 'over') this.leave(checked.value.end, 'failed');
    else {
      this.#joinable = checked.value.value;
      this.#record = { ...this.#record, server: this.#joinable.server };
      this.#parts.joins.save(this.#record);
      this.#tell();
    }
  }

  async #activate({ request }: StoredActivation): Promise<void> {
    const params = { linkSessionId: LinkSessionIdField.encode(this.#sessionId) };
    const body = ActivateLinkRequest.parse(JSON.parse(request));
    const answer = await this.#patience.answered(() => this.#parts.api.call('activateLink', { params, body }));
    if (answer !== undefined) await this.#settle(answer, body);
  }

  /** The account's own verified list says whether this device is one of it, whatever the server answers. */
  async #settle(answer: Answered<LinkActivated>, request: ActivateLinkRequest): Promise<void> {
    const { api, accounts } = this.#parts;
    const { received, given, owner } = this.#readAgain();
    const { receiptKey } = restoreServerPin(this.#record.server).keys;
    const fetched = await this.#patience.answered(async () => {
      const chain = await fetchAccountChain(api, owner, receiptKey);
      return chain.outcome === 'unverifiable' ? { outcome: 'ok', value: undefined } : chain;
    });
    if (fetched === undefined) return;
    const chain = fetched.outcome === 'ok' ? fetched.value : undefined;
    if (chain?.head.findDevice(received.own.keys.deviceId) === undefined || accounts.find() !== undefined) {
      this.leave(await this.#endOf(answer));
      return;
    }
    this.#finish({ chain, request, received, given });
    const grant = answer.outcome === 'ok' && isGrantFor(given, answer.value.grant) ? answer.value.grant : undefined;
    this.#parts.onJoined(grant);
  }

  /** The grant, which was read and verified before the person was asked. */
  #readAgain() {
    const received = this.#state;
    const given = received.kind === 'receivedGrant' ? givenAccountOf(received) : undefined;
    const owner = given && ownerOf(given);
    if (received.kind !== 'receivedGrant' || given === undefined || owner === undefined) {
      throw new Error('a link that is activated has a grant that was read before');
    }
    return { received, given, owner };
  }

  async #endOf(answer: Answered<LinkActivated>): Promise<LinkEnd> {
    if (answer.outcome === 'ok') return 'listChanged';
    if (answer.code !== 'linkEnded') return refusedEndOf(answer.code);
    const look = await this.#talk.look();
    return linkEndOf(look.outcome === 'ok' ? look.value.reason : undefined, 'claimed');
  }

  #finish({
    chain: { head, passed },
    request,
    received,
    given,
  }: {
    readonly chain: AccountChain;
    readonly request: ActivateLinkRequest;
    readonly received: ReceivedGrant;
    readonly given: GivenAccount;
  }): void {
    const { accounts, pins, preKeys, joins, names, history, atomically, clock, random } = this.#parts;
    const { server, activation } = this.#record;
    if (activation === undefined) throw new Error('a link that is finished was activated');
    const now = clock.now();
    const account = joinedAccount({ received, given, server, activation }, random);
    const { signedPreKey, lastResortKyberPreKey } = request.preKeys;
    const { name, system } = received.own;
    atomically(() => {
      accounts.save(account);
      names.saveDeviceName({ deviceId: account.deviceId, name, system, setAt: now });
      pins.save(pinOf(head, { username: account.username, alarm: false, pinnedAt: now }), passed);
      preKeys.savePublication(publicationOf(signedPreKey.id, lastResortKyberPreKey.id, now));
      if (given.history !== undefined) history?.accept(given.history);
      joins.remove();
    });
    this.stop();
  }
}

/** A check that has come to an end is an answer, whichever it is. */
const asAnswer = (check: JoinCheck): CallResult<Exclude<JoinCheck, { readonly outcome: 'refused' | 'away' }>> =>
  check.outcome === 'refused' || check.outcome === 'away' ? check : { outcome: 'ok', value: check };
